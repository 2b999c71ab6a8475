//! All series of a node in one registry. Every series exists from the start, with zero, so that an alert never misses its first event.

use std::sync::Arc;

use prometheus::process_collector::ProcessCollector;
use prometheus::{Encoder, IntGaugeVec, Registry, TextEncoder};

use super::actors::{ActorLabels, ActorSeries};
use super::http::HttpSeries;
use super::kafka::KafkaSeries;
use super::memory::MemorySeries;
use super::object_store::StoreSeries;
use super::pool::PoolSeries;
use super::series::gauges;
use super::training::TrainingSeries;

/// Counters, gauges and histograms of one node, by what they are about.
pub struct Metrics {
    registry: Registry,
    /// `flts_build_info`: version and commit of the program.
    pub build_info: IntGaugeVec,
    /// `inference_*`: the pool and the requests that it answers.
    pub pool: PoolSeries,
    /// `http_*`: the HTTP server.
    pub http: HttpSeries,
    /// `flts_actor_*` and `flts_ready`: actors, threads and readiness.
    pub actors: ActorSeries,
    /// `flts_training_*`, `flts_promotions_total` and `flts_champion_score`: trainings and promotions.
    pub training: TrainingSeries,
    /// `flts_kafka_*` and `flts_dlq_total`: consumers and dead letters.
    pub kafka: KafkaSeries,
    /// `flts_memory_*`: the memory budget.
    pub memory: MemorySeries,
    /// `flts_object_store_*`: calls to the object store.
    pub object_store: Arc<StoreSeries>,
}

impl Metrics {
    /// Registers every series.
    ///
    /// # Errors
    /// Two series of one name, which only a mistake in this folder can cause.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::for_self()))?;
        Ok(Self {
            build_info: gauges(
                &registry,
                "flts_build_info",
                "1 for the version and the git commit of the program",
                &["version", "commit"],
            )?,
            pool: PoolSeries::register(&registry)?,
            http: HttpSeries::register(&registry)?,
            actors: ActorSeries::register(&registry)?,
            training: TrainingSeries::register(&registry)?,
            kafka: KafkaSeries::register(&registry)?,
            memory: MemorySeries::register(&registry)?,
            object_store: Arc::new(StoreSeries::register(&registry)?),
            registry,
        })
    }

    /// Makes the series of these actors, of their threads and of the topics that they read present.
    pub fn create_actor_series<'a>(&self, actors: impl IntoIterator<Item = ActorLabels<'a>>) {
        for labels in actors {
            self.actors.create_series(&labels);
            if let Some((topic, group)) = labels.reads {
                self.kafka.create_series(topic, group);
            }
        }
    }

    /// The text format of Prometheus, version 0.0.4.
    pub fn text(&self) -> String {
        let mut buffer = Vec::new();
        // writing into memory cannot fail; an unencodable family would leave the buffer as it was
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut buffer);
        String::from_utf8_lossy(&buffer).into_owned()
    }
}
