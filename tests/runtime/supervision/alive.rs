//! A supervisor that is there says so without being asked: whoever asks never waits for it.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use flts::runtime::{ActorRef, Supervisor, SupervisorConfig, SupervisorHandle};

use super::crew::{Hand, Nature, PATIENCE, Workers, quick};

async fn until_alive(supervisor: &SupervisorHandle, wanted: bool) {
    let deadline = Instant::now() + PATIENCE;
    while supervisor.is_alive() != wanted {
        assert!(Instant::now() < deadline, "it stayed {}", supervisor.is_alive());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_supervisor_that_hangs_is_not_alive_until_it_goes_on() {
    let (go_on, held) = mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let config = SupervisorConfig {
        heartbeat_floor: Duration::from_millis(200),
        on_event: Arc::new(move |_| {
            // returns at once when the sender is gone
            let _ = held.lock().expect("no test panics under it").recv();
        }),
        ..quick()
    };
    let hand = ActorRef::<Hand>::new("hand");
    let supervisor = Supervisor::start(config, vec![Nature::default().child(&hand, "deck")]);
    assert!(supervisor.is_alive(), "its start is a sign of life");
    until_alive(&supervisor, false).await;
    drop(go_on);
    until_alive(&supervisor, true).await;
    assert_eq!(supervisor.stop(Instant::now() + PATIENCE).await, Vec::<String>::new());
}

#[tokio::test]
async fn one_that_was_stopped_in_order_is_not_missed_and_one_that_gave_up_is() {
    let hand = ActorRef::<Hand>::new("hand");
    let mut stopped = Workers::start(quick(), vec![Nature::default().child(&hand, "deck")]);
    stopped.started("hand", 1).await;
    assert_eq!(stopped.stop().await, Vec::<String>::new());
    assert!(stopped.supervisor.is_alive());

    let broken = Nature { bad_starts: usize::MAX, ..Nature::default() };
    let crew = Workers::start(quick(), vec![broken.child(&ActorRef::<Hand>::new("broken"), "deck")]);
    crew.supervisor.escalated().await;
    assert!(!crew.supervisor.is_alive());
}
