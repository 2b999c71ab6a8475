//! Another application on the same runtime: it counts words, loses a thread and an actor on the way, and counts right.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix::prelude::*;
use runtime_alone::runtime::{
    ActorRef, Call, Cast, ChildGuard, ChildSpec, Drain, Exit, Freshness, Health, JobQueue, Latch, Observe, OwnedThread,
    Phase, RestartPolicy, Supervisor, SupervisorConfig, SupervisorEvent,
};
use tokio::sync::mpsc;

/// Long enough for a busy machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);
const TEXT: [&str; 4] = ["let it crash", "it is a flaw", "and let it be a torn page", "let it come back"];
/// The word at which the first worker thread that meets it panics.
const FLAW: &str = "flaw";
/// The line at which the first reader that comes to it panics.
const TORN: usize = 2;

/// Where the counting stands: the line that the counter wants next.
#[derive(Message)]
#[rtype(result = "()")]
struct Wanted(usize);

impl Cast for Wanted {}

/// A reader has started and asks to be told what is wanted.
#[derive(Message)]
#[rtype(result = "()")]
struct Here;

impl Cast for Here {}

/// A line to count.
#[derive(Message)]
#[rtype(result = "()")]
struct Line {
    nth: usize,
    text: &'static str,
}

impl Cast for Line {}

/// What the worker thread found in a line.
#[derive(Message)]
#[rtype(result = "()")]
struct Words {
    nth: usize,
    words: Vec<&'static str>,
}
/// Asks for the tally.
#[derive(Message)]
#[rtype(result = "BTreeMap<&'static str, usize>")]
struct Tally;

impl Call for Tally {}

/// Reads out the line that is wanted; the text is the truth, so it keeps nothing.
struct Reader {
    guard: ChildGuard,
    counter: ActorRef<Counter>,
    torn: Arc<AtomicBool>,
    done: mpsc::UnboundedSender<()>,
}

/// Counts the words of each line once; after a death it starts at the first line again.
struct Counter {
    // dropped in this order: whoever hears of the end finds the latch closed
    latch: Latch,
    guard: ChildGuard,
    reader: ActorRef<Reader>,
    flawed: Arc<AtomicBool>,
    queue: JobQueue<Line>,
    thread: Option<OwnedThread>,
    next: usize,
    words: BTreeMap<&'static str, usize>,
}

impl Actor for Reader {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        // a counter that is down asks by itself when it is back
        let _ = self.counter.tell(Here);
    }
}

impl Handler<Wanted> for Reader {
    type Result = ();

    fn handle(&mut self, Wanted(nth): Wanted, _: &mut Self::Context) {
        assert!(nth != TORN || self.torn.swap(true, Ordering::SeqCst), "line {nth} is torn");
        match TEXT.get(nth) {
            // a counter that dies with it asks again when it is back
            Some(text) => drop(self.counter.tell(Line { nth, text })),
            None => self.done.send(()).expect("the test waits for it"),
        }
    }
}

impl Actor for Counter {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let (queue, flawed, counter) = (self.queue.clone(), self.flawed.clone(), ctx.address());
        self.thread = Some(self.guard.threads().spawn_link("splitter", move |watchdog| {
            let awaited = queue.clone();
            watchdog.wake_with(move || awaited.wake_all());
            loop {
                let lines = {
                    let _idle = watchdog.idle();
                    queue.pop_batch(1, Duration::ZERO, &|_| false, &|_| {}, watchdog.interrupted())
                };
                watchdog.beat();
                let Some(lines) = lines else { return Ok(()) };
                for Line { nth, text } in lines {
                    let words: Vec<&str> = text.split(' ').collect();
                    let sound = !words.contains(&FLAW) || flawed.swap(true, Ordering::SeqCst);
                    assert!(sound, "cannot split line {nth}");
                    counter.do_send(Words { nth, words });
                }
            }
        }));
        self.latch.open();
        self.ask_for_more();
    }
}

impl Counter {
    fn ask_for_more(&self) {
        // a reader that is down asks by itself when it is back
        let _ = self.reader.tell(Wanted(self.next));
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.thread.iter().for_each(OwnedThread::stop);
        self.queue.close();
    }
}

impl Handler<Here> for Counter {
    type Result = ();

    fn handle(&mut self, _: Here, _: &mut Self::Context) {
        self.ask_for_more();
    }
}

impl Handler<Line> for Counter {
    type Result = ();

    fn handle(&mut self, line: Line, _: &mut Self::Context) {
        if line.nth == self.next {
            // a full queue holds this line already: a reader and a counter that start together both ask for it
            let _ = self.queue.push(line, 1);
        }
    }
}

impl Handler<Words> for Counter {
    type Result = ();

    fn handle(&mut self, Words { nth, words }: Words, _: &mut Self::Context) {
        // a reader that came back may have read a line out twice
        if nth == self.next {
            words.into_iter().for_each(|word| *self.words.entry(word).or_default() += 1);
            self.next += 1;
            self.ask_for_more();
        }
    }
}

impl Handler<Tally> for Counter {
    type Result = MessageResult<Tally>;

    fn handle(&mut self, _: Tally, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.words.clone())
    }
}

impl Handler<Observe> for Counter {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        MessageResult(serde_json::json!({ "lines": self.next }))
    }
}

impl Handler<Drain> for Counter {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.guard.drained();
        ctx.stop();
    }
}

impl Handler<Observe> for Reader {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        MessageResult(serde_json::json!({ "lines": TEXT.len() }))
    }
}

impl Handler<Drain> for Reader {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.guard.drained();
        ctx.stop();
    }
}

/// The application: two actors of one group, and what the test sees of them.
struct App {
    counter: ActorRef<Counter>,
    health: Health,
    done: mpsc::UnboundedReceiver<()>,
    children: Vec<ChildSpec>,
}

fn app() -> App {
    let (counter, reader) = (ActorRef::<Counter>::new("counter"), ActorRef::<Reader>::new("reader"));
    let (health, flawed, torn) = (Health::new(), Arc::default(), Arc::default());
    let (tell, done) = mpsc::unbounded_channel();
    health.expect(&["counting"]);
    let counting = ChildSpec::actor(counter.clone(), "words", {
        let (reader, health) = (reader.clone(), health.clone());
        move |guard| Counter {
            guard,
            latch: health.latch("counting"),
            reader: reader.clone(),
            flawed: Arc::clone(&flawed),
            queue: JobQueue::new(1),
            thread: None,
            next: 0,
            words: BTreeMap::new(),
        }
    });
    let reading = ChildSpec::actor(reader, "words", {
        let counter = counter.clone();
        move |guard| Reader { guard, counter: counter.clone(), torn: Arc::clone(&torn), done: tell.clone() }
    });
    App { counter, health, done, children: vec![counting, reading] }
}

#[tokio::test]
async fn the_words_are_counted_right_whoever_dies_on_the_way() {
    let App { counter, health, mut done, children } = app();
    assert_eq!(health.ready().waiting_for, ["counting: not running"]);
    let (tell, mut exits) = mpsc::unbounded_channel();
    let backoff = Duration::from_millis(1);
    let config = SupervisorConfig {
        policy: RestartPolicy { backoff, ..RestartPolicy::default() },
        on_event: Arc::new(move |event| {
            if let SupervisorEvent::Exited { name, exit, .. } = event {
                // a test that has ended hears no more
                let _ = tell.send((name.clone(), exit.clone()));
            }
        }),
        ..SupervisorConfig::default()
    };
    let supervisor = Supervisor::start(config, children);
    let finished = tokio::time::timeout(PATIENCE, done.recv()).await;
    finished.expect("the text is counted in time").expect("the reader lives");

    let words = counter.ask(Tally, PATIENCE).await.expect("the counter runs");
    let expected = [
        ("a", 2),
        ("and", 1),
        ("back", 1),
        ("be", 1),
        ("come", 1),
        ("crash", 1),
        ("flaw", 1),
        ("is", 1),
        ("it", 4),
        ("let", 3),
        ("page", 1),
        ("torn", 1),
    ];
    assert_eq!(words, BTreeMap::from(expected));
    assert!(health.ready().ready);

    let (first, exit) = exits.recv().await.expect("two died");
    let Exit::Panicked { message, at } = exit else { panic!("the panic of its thread was expected, not {exit}") };
    assert_eq!((first.as_str(), message.as_str()), ("counter", "its thread splitter panicked: cannot split line 1"));
    assert!(at.starts_with("tests/"), "{at}");
    let (second, exit) = exits.recv().await.expect("two died");
    assert_eq!((second.as_str(), exit.message().as_deref()), ("reader", Some("line 2 is torn")));

    let reports = supervisor.reports(PATIENCE).await;
    let told: Vec<_> = reports.iter().map(|report| (report.name.as_str(), report.phase, report.generation)).collect();
    assert_eq!(told, [("counter", Phase::Running, 2), ("reader", Phase::Running, 2)]);
    assert_eq!((&reports[0].state, reports[0].freshness), (&Some(serde_json::json!({ "lines": 4 })), Freshness::Live));
    assert_eq!(supervisor.stop(Instant::now() + PATIENCE).await, Vec::<String>::new());
    assert_eq!(exits.recv().await, Some(("reader".to_owned(), Exit::Drained)), "last in, first out");
    assert_eq!(exits.recv().await, Some(("counter".to_owned(), Exit::Drained)));
    assert!(!health.ready().ready, "nobody is left to count");
}
