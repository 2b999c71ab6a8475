//! Operations on buckets.

use s3s::dto::{
    Bucket, CreateBucketInput, CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput, GetBucketLocationInput,
    GetBucketLocationOutput, HeadBucketInput, HeadBucketOutput, ListBucketsInput, ListBucketsOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::inputs::refuse;
use super::operations::Service;
use super::values::timestamp;

/// The first region of S3: the one that a location leaves out.
const REGION: &str = "us-east-1";

impl Service {
    pub(super) async fn add_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        refuse!(request.input; object_lock_enabled_for_bucket);
        let bucket = request.input.bucket;
        let location = Some(format!("/{bucket}"));
        let is_new = self.run_blocking(move |backend| backend.create_bucket(&bucket)).await?;
        if !is_new {
            return Err(s3_error!(BucketAlreadyOwnedByYou, "the bucket exists already"));
        }
        Ok(S3Response::new(CreateBucketOutput { location }))
    }

    pub(super) async fn remove_bucket(
        &self,
        request: S3Request<DeleteBucketInput>,
    ) -> S3Result<S3Response<DeleteBucketOutput>> {
        let bucket = request.input.bucket;
        self.run_blocking(move |backend| backend.delete_bucket(&bucket)).await?;
        Ok(S3Response::new(DeleteBucketOutput::default()))
    }

    pub(super) async fn find_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.backend.index.in_bucket(&request.input.bucket, |_| ())?;
        Ok(S3Response::new(HeadBucketOutput { bucket_region: Some(REGION.to_owned()), ..Default::default() }))
    }

    /// An answer without a location means [`REGION`].
    pub(super) async fn locate_bucket(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.backend.index.in_bucket(&request.input.bucket, |_| ())?;
        Ok(S3Response::new(GetBucketLocationOutput::default()))
    }

    /// All buckets on one page, also if a smaller page was requested.
    pub(super) async fn all_buckets(
        &self,
        request: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let prefix = request.input.prefix.unwrap_or_default();
        let mut buckets = self.backend.index.buckets();
        buckets.retain(|(name, _)| name.starts_with(&prefix));
        let bucket = |(name, created_ms)| Bucket {
            name: Some(name),
            creation_date: Some(timestamp(created_ms)),
            ..Default::default()
        };
        let buckets = buckets.into_iter().map(bucket).collect();
        Ok(S3Response::new(ListBucketsOutput { buckets: Some(buckets), ..Default::default() }))
    }
}
