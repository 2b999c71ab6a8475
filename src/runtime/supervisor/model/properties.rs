//! The properties: what holds in every world, and what happens in some of them.

use stateright::Property;

use crate::runtime::lifecycle::Phase;

use super::state::{Protocol, State};
use super::world::{NEIGHBOUR, RequestedStop, STARTS_MAX, STOP_TICKS, World, at};

pub const LIVES_ONCE: &str = "a child never lives twice";
pub const STOPPED_FOR_GOOD: &str = "nothing that is to stop starts again";
pub const REST_UNTOUCHED: &str = "the rest is untouched by a partial stop, and a neighbour group by a group restart";
pub const GONE_IS_KNOWN: &str = "a child that counts as running lives, or its exit is on the way";
pub const LATE_EVENTS_ARE_IGNORED: &str = "a late event of an ended instance does not end its successor";

const A_PART_ENDS: &str = "a partial stop ends with nobody late while the rest goes on";
const LATE_TWICE: &str = "a child that was late in a partial stop is late again in the full stop";
const RESTARTED_BESIDE: &str = "a child is restarted while another group stops";
const SPENT_BESIDE: &str = "budgets are spent while another group stops";

/// Properties that need partial stops.
pub const ONLY_WITH_PARTIAL_STOPS: [&str; 4] = [A_PART_ENDS, LATE_TWICE, RESTARTED_BESIDE, SPENT_BESIDE];

pub fn properties() -> Vec<Property<Protocol>> {
    vec![
        Property::always(LIVES_ONCE, |_, State { world, .. }| {
            world.instances.iter().all(|known| known.iter().filter(|one| one.lives).count() <= 1)
        }),
        Property::always(STOPPED_FOR_GOOD, |_, State { world, .. }| !world.started_while_stopping),
        Property::always(REST_UNTOUCHED, |_, State { world, .. }| {
            world.is_to_stop(NEIGHBOUR) || world.instances[NEIGHBOUR].iter().all(|known| !known.asked_to_stop)
        }),
        Property::always(GONE_IS_KNOWN, |_, State { world, .. }| world.knows_who_is_gone()),
        Property::always(LATE_EVENTS_ARE_IGNORED, |_, State { world, .. }| !world.ended_by_late_event),
        Property::always("a group is started when all of it is stopped", |_, State { world, .. }| !world.overlapped),
        Property::always("the tree escalates once", |_, State { world, .. }| world.escalations <= 1),
        Property::always("no child starts more often than its budgets give", |_, State { world, .. }| {
            world.starts.iter().all(|starts| *starts <= STARTS_MAX)
        }),
        Property::always(
            "a child that has ended waits for its restart, or has stopped for good",
            |_, State { world, .. }| {
                world.tree.children().iter().all(|member| {
                    let waits = member.phase == Phase::Restarting && member.restart_at.is_some();
                    member.has_instance || waits || matches!(member.phase, Phase::Stopped | Phase::GivenUp)
                })
            },
        ),
        Property::always("a stop is over at its deadline", |_, State { world, .. }| {
            world.stop.is_none_or(|asked| is_over_in_time(world, asked))
        }),
        Property::always("a partial stop is over at its deadline", |_, State { world, .. }| {
            world.part.is_none_or(|(asked, _)| is_over_in_time(world, asked))
        }),
        Property::sometimes("a stop ends with nobody late", |_, State { world, .. }| {
            world.stop.is_some_and(|asked| late(world, asked).is_some_and(|late| late.is_empty()))
        }),
        Property::sometimes(A_PART_ENDS, |_, State { world, .. }| {
            let ended = world.part.is_some_and(|(asked, _)| late(world, asked).is_some_and(|late| late.is_empty()));
            ended && world.stop.is_none() && world.tree.children().iter().any(|member| member.phase == Phase::Running)
        }),
        Property::sometimes(LATE_TWICE, |_, State { world, .. }| {
            let of_part = world.part.and_then(|(asked, _)| late(world, asked)).unwrap_or_default();
            let of_all = world.stop.and_then(|asked| late(world, asked)).unwrap_or_default();
            of_part.iter().any(|child| of_all.contains(child))
        }),
        Property::sometimes("a group is restarted", |_, State { world, .. }| world.starts[0] > 2),
        Property::sometimes(RESTARTED_BESIDE, |_, State { world, .. }| {
            world.part.is_some_and(|(asked, group)| {
                group == "two" && late(world, asked).is_none() && world.tree.children()[0].restart_at.is_some()
            })
        }),
        Property::sometimes("budgets are spent", |_, State { world, .. }| {
            world.escalations == 1 && world.starts[0] == STARTS_MAX
        }),
        Property::sometimes(SPENT_BESIDE, |_, State { world, .. }| {
            world.escalations == 1
                && world.part.is_some_and(|(asked, group)| group == "two" && late(world, asked).is_none())
        }),
    ]
}

fn late(world: &World, asked: RequestedStop) -> Option<Vec<usize>> {
    world.tree.late(asked.stop, at(world.tick))
}

fn is_over_in_time(world: &World, asked: RequestedStop) -> bool {
    world.tick < asked.tick + STOP_TICKS || late(world, asked).is_some()
}
