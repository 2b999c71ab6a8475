//! Properties of group restarts: which children are restarted together, in which order, and how often.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::runtime::lifecycle::Exit;
use crate::runtime::supervisor::config::SupervisorConfig;
use crate::runtime::supervisor::event::Escalation;
use crate::runtime::supervisor::restart::RestartPolicy;

use super::{Action, Tree};

const GROUPS: [&str; 3] = ["one", "two", "three"];
const HOUR: Duration = Duration::from_secs(3600);

/// A node with one broken child, which fails at each of its starts.
#[derive(Clone, Debug)]
struct Node {
    groups: Vec<&'static str>,
    broken: usize,
    limit: u32,
    group_limit: u32,
    backoff_ms: u64,
}

prop_compose! {
    fn nodes()(groups in prop::collection::vec(prop::sample::select(&GROUPS[..]), 1..9))
        (broken in 0..groups.len(), groups in Just(groups), limit in 0u32..7, group_limit in 0u32..5, backoff_ms in 0u64..500)
        -> Node {
        Node { groups, broken, limit, group_limit, backoff_ms }
    }
}

/// What happened, in order.
#[derive(Default)]
struct Outcome {
    starts: Vec<usize>,
    /// Of each group restart: its members, those that were drained, and those that were started.
    restarts: Vec<[Vec<usize>; 3]>,
    escalations: Vec<Escalation>,
}

impl Node {
    fn members(&self) -> Vec<usize> {
        let group = self.groups[self.broken];
        (self.broken..self.groups.len()).filter(|child| self.groups[*child] == group).collect()
    }

    /// Runs until nothing is left to do; a child that is asked to drain does so at once.
    fn run(&self) -> Outcome {
        let backoff = Duration::from_millis(self.backoff_ms);
        let policy = |limit| RestartPolicy { limit, window: HOUR, backoff, ..RestartPolicy::default() };
        let config = SupervisorConfig {
            policy: policy(self.limit),
            group_policy: policy(self.group_limit),
            ..SupervisorConfig::default()
        };
        let names = self.groups.iter().enumerate().map(|(child, group)| (format!("child-{child}").into(), *group));
        let mut tree = Tree::new(&config, &names.collect::<Vec<_>>());
        let mut outcome = Outcome { starts: vec![0; self.groups.len()], ..Outcome::default() };
        let mut now = Instant::now();
        tree.start();
        loop {
            let mut ended = Vec::new();
            for action in tree.step(now) {
                match action {
                    Action::Start(child) => {
                        outcome.starts[child] += 1;
                        let of_group =
                            outcome.restarts.last_mut().filter(|[members, _, started]| started.len() < members.len());
                        of_group.into_iter().for_each(|[.., started]| started.push(child));
                        tree.started(child);
                        if child == self.broken {
                            ended.push((child, Exit::Failed { error: "broken".to_owned() }));
                        }
                    }
                    Action::Drain { child, .. } => {
                        outcome.restarts.last_mut().into_iter().for_each(|[_, drained, _]| drained.push(child));
                        ended.push((child, Exit::Drained));
                    }
                    Action::StopArbiter(_) => unreachable!("every child drains in time"),
                    Action::GroupRestarting(members) => outcome.restarts.push([members, Vec::new(), Vec::new()]),
                    Action::Escalate(escalation) => outcome.escalations.push(escalation),
                }
            }
            let anything_ended = !ended.is_empty();
            ended.into_iter().for_each(|(child, exit)| tree.exited(child, exit, now, 0.5));
            match tree.next_wake(now) {
                _ if anything_ended => {}
                Some(wake) => now = wake,
                None => return outcome,
            }
        }
    }
}

proptest! {
    #[test]
    fn a_child_that_fails_at_each_start_is_started_exactly_as_often_as_the_two_budgets_give(node in nodes()) {
        let outcome = node.run();
        let given = (node.limit as usize + 1) * (node.group_limit as usize + 1);
        prop_assert_eq!(outcome.starts[node.broken], given);
        prop_assert_eq!(outcome.restarts.len(), node.group_limit as usize);
        prop_assert_eq!(outcome.escalations.len(), 1);
        prop_assert_eq!(&outcome.escalations[0].actor, &format!("child-{}", node.broken));
        prop_assert_eq!(outcome.escalations[0].group, node.groups[node.broken]);
    }

    #[test]
    fn rest_for_one_restarts_the_failed_child_and_those_of_its_group_after_it_in_order(node in nodes()) {
        let (members, outcome) = (node.members(), node.run());
        let mut others = members[1..].to_vec();
        others.reverse();
        for [restarted, drained, started] in &outcome.restarts {
            prop_assert_eq!(restarted, &members);
            prop_assert_eq!(drained, &others, "the failed child has ended, the others stop in reverse order");
            prop_assert_eq!(started, &members);
        }
        for (child, starts) in outcome.starts.iter().enumerate() {
            let restarts = if members.contains(&child) { outcome.restarts.len() } else { 0 };
            prop_assert!(child == node.broken || *starts == 1 + restarts, "{child} was started {starts} times");
        }
    }
}
