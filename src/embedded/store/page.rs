//! One page of a listing of the objects of a bucket, in order.

use std::ops::Bound;
use std::sync::Arc;

use super::index::{Entry, Objects};

/// The request for one page.
pub(super) struct Query<'a> {
    pub prefix: &'a str,
    pub delimiter: Option<&'a str>,
    /// Only names after this one, in the order of their bytes.
    pub after: Option<&'a str>,
    pub max_names: usize,
}

/// One page; its names are its objects and common prefixes together.
#[derive(Default)]
pub(super) struct Page {
    pub objects: Vec<Arc<Entry>>,
    pub common_prefixes: Vec<String>,
    /// The last name of this page, if another page follows.
    pub next_after: Option<String>,
}

/// The first `max_names` names that the query matches.
pub(super) fn page(objects: &Objects, query: &Query<'_>) -> Page {
    let mut page = Page::default();
    if query.max_names == 0 {
        return page;
    }
    let start = match query.after {
        Some(after) if after >= query.prefix => Bound::Excluded(after),
        _ => Bound::Included(query.prefix),
    };
    let mut last = None;
    for (key, entry) in objects.range::<str, _>((start, Bound::Unbounded)) {
        let Some(rest) = key.strip_prefix(query.prefix) else { break };
        let folder = query.delimiter.and_then(|delimiter| {
            let length = rest.find(delimiter)? + delimiter.len();
            Some(&key[..query.prefix.len() + length])
        });
        let name = folder.unwrap_or(key);
        let is_listed = last == Some(name) || query.after.is_some_and(|after| name <= after);
        if folder.is_some() && is_listed {
            continue;
        }
        if page.objects.len() + page.common_prefixes.len() == query.max_names {
            page.next_after = last.map(str::to_owned);
            break;
        }
        last = Some(name);
        match folder {
            Some(folder) => page.common_prefixes.push(folder.to_owned()),
            None => page.objects.push(Arc::clone(entry)),
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::super::checksums::Checksums;
    use super::super::record::ObjectDescription;
    use super::*;

    fn objects(keys: &[&str]) -> Objects {
        let object = |key: &&str| {
            let description = ObjectDescription {
                bucket: "b".into(),
                key: (*key).to_owned(),
                size: 0,
                etag: String::new(),
                modified_ms: 0,
                about: Default::default(),
                checksums: Checksums::default(),
            };
            ((*key).to_owned(), Arc::new(Entry::written(description)))
        };
        keys.iter().map(object).collect()
    }

    /// All names of all pages, each page's joined by a blank.
    fn pages(objects: &Objects, prefix: &str, delimiter: Option<&str>, max_names: usize) -> Vec<String> {
        let mut pages = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let query = Query { prefix, delimiter, after: after.as_deref(), max_names };
            let page = page(objects, &query);
            let mut names = page.common_prefixes;
            names.extend(page.objects.iter().map(|entry| entry.description.key.clone()));
            names.sort_unstable();
            pages.push(names.join(" "));
            after = page.next_after;
            if after.is_none() {
                return pages;
            }
        }
    }

    #[test]
    fn a_listing_is_cut_into_pages_without_loss_or_repetition() {
        let all = objects(&["a", "a/b", "a/c", "a/d/e", "b", "b/x", "c", "ü/y"]);
        assert_eq!(pages(&all, "", None, 3), ["a a/b a/c", "a/d/e b b/x", "c ü/y"]);
        assert_eq!(pages(&all, "a/", None, 10), ["a/b a/c a/d/e"]);
        assert_eq!(pages(&all, "", Some("/"), 10), ["a a/ b b/ c ü/"]);
        assert_eq!(pages(&all, "", Some("/"), 1), ["a", "a/", "b", "b/", "c", "ü/"]);
        assert_eq!(pages(&all, "a/", Some("/"), 2), ["a/b a/c", "a/d/"]);
        assert_eq!(pages(&all, "zz", None, 2), [""]);
        assert_eq!(pages(&all, "", None, 0), [""]);
    }
}
