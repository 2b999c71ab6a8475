//! Each S3 operation with its function; any other operation answers `NotImplemented`.

use std::sync::Arc;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CopyObjectInput, CopyObjectOutput, CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput, DeleteObjectOutput,
    DeleteObjectsInput, DeleteObjectsOutput, GetBucketLocationInput, GetBucketLocationOutput, GetObjectInput,
    GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput,
    ListBucketsOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput, PutObjectInput, PutObjectOutput,
    UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::embedded::store::backend::{Backend, internal};

/// The S3 operations on one backend.
pub(in crate::embedded::store) struct Service {
    pub(super) backend: Arc<Backend>,
}

impl Service {
    /// Serves the objects of `backend`.
    pub(crate) fn new(backend: Backend) -> Self {
        Self { backend: Arc::new(backend) }
    }

    /// Runs work on files on a thread for blocking work, so that a slow disk does not stop other connections.
    pub(super) async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Backend) -> S3Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let backend = Arc::clone(&self.backend);
        match tokio::task::spawn_blocking(move || work(&backend)).await {
            Ok(result) => result,
            Err(error) => Err(internal(std::io::Error::other(error))),
        }
    }
}

/// Each operation of S3 beside the function that carries it out.
macro_rules! operations {
    ($($operation:ident($input:ident) -> $output:ident = $function:ident;)*) => {
        #[async_trait::async_trait]
        impl S3 for Service {
            $(async fn $operation(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                self.$function(request).await
            })*
        }
    };
}

operations! {
    create_bucket(CreateBucketInput) -> CreateBucketOutput = add_bucket;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = remove_bucket;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = find_bucket;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = locate_bucket;
    list_buckets(ListBucketsInput) -> ListBucketsOutput = all_buckets;
    put_object(PutObjectInput) -> PutObjectOutput = put;
    get_object(GetObjectInput) -> GetObjectOutput = get;
    head_object(HeadObjectInput) -> HeadObjectOutput = head;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = delete;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = delete_many;
    copy_object(CopyObjectInput) -> CopyObjectOutput = copy;
    list_objects(ListObjectsInput) -> ListObjectsOutput = list_v1;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = list_v2;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = begin_upload;
    upload_part(UploadPartInput) -> UploadPartOutput = put_part;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = copy_part;
    list_parts(ListPartsInput) -> ListPartsOutput = list_parts_of;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = complete;
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = abort;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = list_uploads;
}
