//! Which steps are possible in a state of the model.

use super::step::Step;
use super::world::{FAULTS_MAX, LOG, POISON, World};

impl World {
    pub fn steps(&self, steps: &mut Vec<Step>) {
        for (member, state) in self.members.iter().enumerate() {
            let Some(state) = state else {
                steps.push(Step::Restart { member });
                continue;
            };
            for (partition, records) in (0..).zip(LOG) {
                // the first member gets the first assignment: the states with both members swapped are the same
                let first = self.faults > 0 || member == 0;
                if !self.owners.contains_key(&partition) && first && state.revocation.is_none() {
                    steps.push(Step::Assign { member, partition });
                }
                let reads = state.next.get(&partition).is_some_and(|next| *next < records);
                if reads && state.revocation.is_none() {
                    steps.push(Step::Read { member, partition });
                }
            }
            for &ticket in &state.in_hand {
                if state.in_transit.contains(&ticket) {
                    continue;
                }
                match (ticket.partition, ticket.offset) == POISON {
                    true => steps.push(Step::GiveUp { member, ticket }),
                    false => steps.push(Step::Publish { member, ticket }),
                }
                if self.faults < FAULTS_MAX && (ticket.partition, ticket.offset) != POISON {
                    steps.push(Step::HandBack { member, ticket });
                    steps.push(Step::Park { member, ticket });
                }
            }
            steps.extend(state.in_transit.iter().map(|&ticket| Step::Confirm { member, ticket }));
            match state.revocation {
                Some(_) => steps.extend([false, true].map(|late| Step::ContinueRevocation { member, late })),
                None => {
                    steps.extend([false, true].map(|arrives| Step::Turn { member, arrives }));
                    steps.push(Step::CheckCommits { member });
                }
            }
            if self.faults < FAULTS_MAX {
                steps.push(Step::Crash { member });
            }
        }
        if self.faults < FAULTS_MAX {
            steps.extend(self.owners.keys().map(|&partition| Step::Revoke { partition }));
        }
    }
}
