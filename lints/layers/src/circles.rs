//! Whether files import each other in a circle.

use crate::arrows::Arrow;
use crate::report::Report;
use crate::tree::{FileId, Tree};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// How many short cycles a finding shows of one circle of many files.
const WAYS_TOLD: usize = 5;

/// From which files one reaches which.
type Graph = BTreeMap<FileId, BTreeSet<FileId>>;

/// Reports each set of files that import each other, with short ways around.
pub fn check(tree: &Tree, arrows: &[Arrow], report: &mut Report) {
    let mut graph = Graph::new();
    let mut between: HashMap<(FileId, FileId), Vec<&Arrow>> = HashMap::new();
    for arrow in arrows.iter().filter(|arrow| arrow.own) {
        let (from, to) = (arrow.file_above(tree), arrow.file_below(tree));
        graph.entry(from).or_default().insert(to);
        between.entry((from, to)).or_default().push(arrow);
    }
    for circle in circles(&graph) {
        let mut finding = format!(
            "circle of {} files: {}; move what they share into a file of its own, or below both",
            circle.len(),
            circle.iter().map(|file| tree.files[*file].as_str()).collect::<Vec<_>>().join(", ")
        );
        let mut inner: Graph =
            circle.iter().map(|file| (*file, graph[file].intersection(&circle).copied().collect())).collect();
        for _ in 0..WAYS_TOLD {
            let Some(way) = shortest_way(&inner) else { break };
            finding += &format!("\n  a way around through {} files:", way.len());
            for (at, from) in way.iter().enumerate() {
                let to = way[(at + 1) % way.len()];
                finding += &format!("\n    {}", import_in_words(tree, &between[&(*from, to)]));
                inner.entry(*from).or_default().remove(&to);
            }
        }
        report.broken(finding);
    }
}

fn import_in_words(tree: &Tree, arrows: &[&Arrow]) -> String {
    let first = arrows[0];
    let others = match arrows.len() - 1 {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    format!("{}:{} {}{others}", tree.file_of(first.from), first.line, first.says(tree))
}

/// The largest sets of files in which each reaches each, the largest first.
fn circles(graph: &Graph) -> Vec<BTreeSet<FileId>> {
    let reached: BTreeMap<FileId, BTreeSet<FileId>> =
        graph.keys().map(|file| (*file, distances(graph, *file).into_keys().collect())).collect();
    let mut circles = BTreeSet::new();
    for (file, from_here) in &reached {
        if from_here.contains(file) {
            let back = |other: &&FileId| reached.get(other).is_some_and(|from_there| from_there.contains(file));
            circles.insert(from_here.iter().filter(back).copied().collect::<BTreeSet<_>>());
        }
    }
    let mut circles: Vec<_> = circles.into_iter().collect();
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    circles
}

/// The files reached from one, itself only around a circle, each with the file before it on a shortest way.
fn distances(graph: &Graph, start: FileId) -> BTreeMap<FileId, FileId> {
    let mut before = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(file) = next.pop_front() {
        for to in graph.get(&file).into_iter().flatten() {
            if !before.contains_key(to) {
                before.insert(*to, file);
                next.push_back(*to);
            }
        }
    }
    before
}

/// The shortest way from any file back to it.
fn shortest_way(graph: &Graph) -> Option<Vec<FileId>> {
    graph
        .keys()
        .filter_map(|start| {
            let before = distances(graph, *start);
            let mut way = vec![*before.get(start)?];
            while way.last() != Some(start) {
                way.push(before[way.last()?]);
            }
            way.reverse();
            Some(way)
        })
        .min_by_key(Vec::len)
}
