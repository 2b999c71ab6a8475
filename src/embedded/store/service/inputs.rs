//! What the inputs of several operations have in common.

use s3s::dto::{CopySource, Metadata};
use s3s::{S3Result, s3_error};

use crate::embedded::store::record::ObjectMetadata;

/// The limit of S3 for the names and values of user metadata together.
const MAX_METADATA_BYTES: usize = 2048;

/// Takes the metadata of an object from the input of a put, a copy or the start of an upload.
macro_rules! about {
    ($input:expr) => {
        $crate::embedded::store::service::inputs::checked(
            $crate::embedded::store::record::ObjectMetadata {
                content_type: $input.content_type.take(),
                content_encoding: $input.content_encoding.take(),
                content_language: $input.content_language.take(),
                content_disposition: $input.content_disposition.take(),
                cache_control: $input.cache_control.take(),
                metadata: Default::default(),
            },
            $input.metadata.take(),
        )
    };
}
pub(super) use about;

/// Refuses an input that has one of these fields, which would otherwise be ignored.
macro_rules! refuse {
    ($input:expr; $($field:ident),*) => {
        $(if $input.$field.is_some() {
            let message = concat!(stringify!($field), " is not supported by the embedded store; leave it out");
            return Err(s3s::S3Error::with_message(s3s::S3ErrorCode::NotImplemented, message));
        })*
    };
}
pub(super) use refuse;

/// The same for the fields that a put, a copy and the start of an upload have in common.
macro_rules! refuse_unsupported {
    ($input:expr) => {
        $crate::embedded::store::service::inputs::refuse!($input;
            server_side_encryption, sse_customer_algorithm, ssekms_key_id, tagging, website_redirect_location,
            object_lock_mode, object_lock_legal_hold_status, object_lock_retain_until_date, expires,
            grant_full_control, grant_read, grant_read_acp, grant_write_acp);
        $crate::embedded::store::service::inputs::check_defaults(
            $input.acl.as_ref().map(|acl| acl.as_str()),
            $input.storage_class.as_ref().map(|class| class.as_str()),
        )?;
    };
}
pub(super) use refuse_unsupported;

/// Refuses any owner and storage class but the only ones.
pub(super) fn check_defaults(acl: Option<&str>, storage_class: Option<&str>) -> S3Result<()> {
    if acl.is_some_and(|acl| !["private", "bucket-owner-full-control"].contains(&acl)) {
        return Err(s3_error!(
            AccessControlListNotSupported,
            "objects belong to the owner of the store; leave the acl out"
        ));
    }
    if storage_class.is_some_and(|class| class != "STANDARD") {
        return Err(s3_error!(InvalidStorageClass, "the one storage class is STANDARD"));
    }
    Ok(())
}

/// Adds the user metadata, whose size is limited. The encoding `aws-chunked` is of the transfer only and is removed.
pub(super) fn checked(mut about: ObjectMetadata, metadata: Option<Metadata>) -> S3Result<ObjectMetadata> {
    about.metadata = metadata.unwrap_or_default().into_iter().collect();
    let bytes: usize = about.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MAX_METADATA_BYTES {
        return Err(s3_error!(MetadataTooLarge, "user metadata has {bytes} bytes; 2048 are allowed"));
    }
    about.content_encoding = about.content_encoding.and_then(|encoding| {
        let kept: Vec<_> = encoding.split(',').map(str::trim).filter(|part| *part != "aws-chunked").collect();
        (!kept.is_empty()).then(|| kept.join(","))
    });
    Ok(about)
}

/// Refuses a key that a listing could not contain.
pub(super) fn check_key(key: &str) -> S3Result<()> {
    match key.chars().any(char::is_control) {
        true => Err(s3_error!(InvalidArgument, "a key with control characters could not be listed")),
        false => Ok(()),
    }
}

/// Bucket and key of a copy's source.
pub(super) fn source(source: &CopySource) -> S3Result<(String, String)> {
    match source {
        CopySource::Bucket { bucket, key, version_id: None } => Ok((bucket.to_string(), key.to_string())),
        CopySource::Bucket { .. } => Err(s3_error!(NotImplemented, "the embedded store keeps no versions")),
        _ => Err(s3_error!(NotImplemented, "a source is named by bucket and key here")),
    }
}
