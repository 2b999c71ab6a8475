//! The plan of a node as a tree under its groups, for people: as it will be, or as it runs.

use crate::actors::shared::Subscription;
use crate::runtime::{ActorReport, Freshness, LastExit, ThreadReport};

use super::planned::Planned;

/// What every child does and reads.
pub fn draw(plan: &[Planned]) -> String {
    let threads = |child: &Planned| child.threads.iter().map(|name| (name.clone(), String::new())).collect();
    tree(plan, &|child| format!("{}{}", child.does, reads(child.consumes.as_ref())), &threads)
}

/// How every child runs now.
pub fn draw_live(plan: &[Planned], reports: &[ActorReport]) -> String {
    let report = |child: &Planned| reports.iter().find(|report| report.name == child.name);
    let threads = |child: &Planned| {
        let threads = report(child).map(|report| report.threads.as_slice()).unwrap_or_default();
        threads.iter().map(|thread| (thread.name.clone(), thread_status(thread))).collect()
    };
    tree(plan, &|child| report(child).map_or_else(|| "not started yet".into(), actor_status), &threads)
}

type Text<'a> = &'a dyn Fn(&Planned) -> String;
type Threads<'a> = &'a dyn Fn(&Planned) -> Vec<(String, String)>;

fn tree(plan: &[Planned], text: Text, threads: Threads) -> String {
    let names = plan.iter().flat_map(|child| {
        let own = threads(child).into_iter().map(|(name, _)| name.len() + 3);
        own.chain([child.name.len()]).collect::<Vec<_>>()
    });
    let width = names.max().unwrap_or_default();
    let mut drawn = String::new();
    for group in plan.chunk_by(|one, next| one.group == next.group) {
        let mut roles: Vec<&str> = group.iter().filter_map(|child| Some(child.role?.as_str())).collect();
        roles.dedup();
        let roles = if roles.is_empty() { String::new() } else { format!(" ({})", roles.join(", ")) };
        drawn += &format!("{}{roles}\n", group[0].group);
        for (at, child) in group.iter().enumerate() {
            let (branch, trunk) = if at + 1 == group.len() { ("└─", "  ") } else { ("├─", "│ ") };
            drawn += &line(branch, &child.name, width, &text(child));
            let threads = threads(child);
            for (at, (name, text)) in threads.iter().enumerate() {
                let twig = if at + 1 == threads.len() { "└╴" } else { "├╴" };
                drawn += &line(&format!("{trunk} {twig}"), name, width - 3, text);
            }
        }
    }
    drawn
}

fn line(branch: &str, name: &str, width: usize, text: &str) -> String {
    format!("{}\n", format!("{branch} {name:width$}  {text}").trim_end())
}

fn reads(consumes: Option<&Subscription>) -> String {
    match consumes {
        None => String::new(),
        Some(Subscription { topic, group: Some(group), .. }) => format!(" (topic {topic}, group {group})"),
        Some(Subscription { topic, group: None, .. }) => format!(" (topic {topic}, every record)"),
    }
}

fn actor_status(report: &ActorReport) -> String {
    let ActorReport { phase, generation, restarts_in_window: restarts, restart_limit: limit, .. } = report;
    let next = report.next_attempt_in_ms.map_or_else(String::new, |ms| format!(", next start in {ms} ms"));
    let stale = report.state_age_ms.filter(|_| report.freshness == Freshness::Stale);
    let stale = stale.map_or_else(String::new, |ms| format!(", state of {ms} ms ago"));
    let exit = report.last_exit.as_ref().map_or_else(String::new, last_exit);
    format!("{}, generation {generation}, restarts {restarts}/{limit}{next}{stale}{exit}", phase_name(phase))
}

fn thread_status(thread: &ThreadReport) -> String {
    let doing = thread.doing.map_or_else(String::new, |what| format!(", {what}"));
    let exit = thread.last_exit.as_ref().map_or_else(String::new, last_exit);
    let beat = format!("last beat {} ms ago", thread.heartbeat_age_ms);
    format!("{}, generation {}, {beat}{doing}{exit}", phase_name(&thread.phase), thread.generation)
}

/// A phase by its name in JSON.
fn phase_name(phase: &impl serde::Serialize) -> String {
    let name = serde_json::to_value(phase).ok();
    name.and_then(|name| Some(name.as_str()?.replace('_', " "))).unwrap_or_default()
}

fn last_exit(exit: &LastExit) -> String {
    let place = exit.at.as_ref().map_or_else(String::new, |at| format!(" at {at}"));
    let message = exit.message.as_ref().map_or_else(String::new, |message| format!(": {message}"));
    format!("; {} {} ms ago{message}{place}", exit.cause, exit.ago_ms)
}

#[cfg(test)]
mod tests {
    use super::super::plan::plan;
    use super::super::planned::Scope;
    use super::super::roles::Roles;
    use super::*;
    use crate::forecast::Family;

    #[test]
    fn the_drawing_names_every_child_and_thread_with_its_group_and_what_it_reads() {
        let roles = Roles::named(&["all".into()]);
        let scope = Scope { roles: &roles, families: &[Family::GRU], consumer_group: None, workers: 1, trainings: 1 };
        let plan = plan(&scope);
        for text in [draw(&plan), draw_live(&plan, &[])] {
            for child in &plan {
                assert!(text.contains(&child.name), "{} is not in\n{text}", child.name);
            }
        }
        let text = draw(&plan);
        assert!(text.contains("training (trainer, preprocess)\n├─ trainer "), "{text}");
        assert!(text.contains("\n│  └╴ trainer-0\n"), "{text}");
        assert!(text.contains("(topic model-selected, every record)"), "{text}");
    }
}
