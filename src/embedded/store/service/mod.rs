//! The S3 operations, mapped onto the backend.
//!
//! * `answer`: The small values that answers are made of
//! * `buckets`: Buckets
//! * `copy`: Copies within the store
//! * `inputs`: What the inputs of several operations have in common
//! * `listing`: Listings of objects and of uploads
//! * `multipart`: Multipart uploads
//! * `objects`: Single objects, and the deletion of many
//! * `operations`: The S3 operations, mapped onto the backend
//! * `receive`: A body on its way from a connection to the disk, in pieces that bound its memory

mod answer;
mod buckets;
mod copy;
mod inputs;
mod listing;
mod multipart;
mod objects;
mod operations;
mod receive;

pub(super) use operations::Service;
