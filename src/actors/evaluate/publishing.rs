//! Telling of promotions: one look at the log at a time, once more if there was a reason meanwhile, and again after an outage.

use actix::prelude::*;

use super::evaluator::{Evaluator, RETRY_AFTER};
use super::promotion_publisher::tell_promotions;

/// Whether promotions are being told, and whether there was a reason to look again meanwhile.
#[derive(PartialEq, Eq)]
pub(crate) enum Telling {
    Idle,
    Once,
    OnceMore,
}

/// A note to self: a pointer may have moved, or its news may not have been heard.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Tell;

impl Handler<Tell> for Evaluator {
    type Result = ();

    fn handle(&mut self, _: Tell, ctx: &mut Self::Context) {
        if self.telling != Telling::Idle {
            self.telling = Telling::OnceMore;
            return;
        }
        self.telling = Telling::Once;
        let (services, brokers) = (self.services.clone(), self.brokers.access().bootstrap_servers);
        let told = self.tally.told(&brokers);
        let telling = async move { tell_promotions(&services, told).await };
        ctx.spawn(telling.into_actor(self).map(move |told, evaluator, ctx| {
            let again = std::mem::replace(&mut evaluator.telling, Telling::Idle) == Telling::OnceMore;
            match told {
                Ok(told) => {
                    let is_news = evaluator.tally.tell(brokers, told);
                    evaluator.keep_tally(is_news);
                }
                Err(error) => {
                    tracing::warn!(event = "promotion_publish", service = "eval", error = %error);
                    // until then whoever has a reason to look only asks for this look
                    evaluator.telling = Telling::OnceMore;
                    ctx.run_later(RETRY_AFTER, |evaluator, ctx| {
                        evaluator.telling = Telling::Idle;
                        ctx.notify(Tell);
                    });
                    return;
                }
            }
            if again {
                ctx.notify(Tell);
            }
        }));
    }
}
