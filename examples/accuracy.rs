//! Trains every family on a data set and prints its rmse at several horizons, on the train's min-max scale.
//!
//! `cargo run --release --example accuracy -- TRAIN.csv [TEST.csv]`; without TEST the last 18 % of TRAIN are the test part,
//! which is how recipes are chosen. Settings: `OUTPUT_SEQ_LEN`, `INPUT_SEQ_LEN`, `SEED`, `THREADS`, `FAMILIES`.

use std::time::Instant;

use anyhow::{Context as _, Result};
use flts::forecast::{
    Context, Family, Lineage, MinMax, Prepared, PreprocessConfig, TrainSettings, TrainSignal, TrainingData,
    VerifiedModel, evaluate, fit, measured_columns, prepare, read_csv, test_window,
};

const HORIZONS: [usize; 5] = [1, 5, 15, 30, 360];

fn main() -> Result<()> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let prepared = read(&files)?;
    let data = TrainingData {
        measured: measured_columns(&prepared.train),
        targets: vec!["down".into()],
        means: prepared.means.clone(),
        calendar: true,
        train: prepared.train.clone(),
    };
    let settings = TrainSettings {
        input_rows: setting("INPUT_SEQ_LEN", 30)?,
        output_rows: setting("OUTPUT_SEQ_LEN", 30)?,
        seed: setting("SEED", 42)? as u64,
        threads: setting("THREADS", 1)?,
        ..TrainSettings::default()
    };
    let window =
        test_window(&prepared.train, &prepared.test, &prepared.imputed_test, &data.targets, settings.input_rows);
    println!("rows scored: {}", window.rows.len());
    println!("family            rmse     mae     r2   seconds  rmse x 1e4 at {HORIZONS:?}");
    let wished = std::env::var("FAMILIES").unwrap_or_default();
    for family in Family::ALL {
        if !wished.is_empty() && !wished.split(',').any(|name| name == family.as_str()) {
            continue;
        }
        let start = Instant::now();
        let artifact = fit(family, &data, &settings, lineage(), &mut |_| TrainSignal::GoOn)?;
        let seconds = start.elapsed().as_secs_f64();
        let served = VerifiedModel::of(&artifact, 0)?;
        served.warm_up()?;
        let model = served.build()?;
        let manifest = &served.manifest;
        let m = evaluate(model.as_ref(), manifest, &prepared.train, &prepared.test, &window)?;
        let far = far(&served, &prepared)?;
        println!("{:15} {:.5} {:.5} {:.3} {seconds:8.2}  {far:?}", family.as_str(), m.rmse, m.mae, m.r2);
    }
    Ok(())
}

fn read(files: &[String]) -> Result<Prepared> {
    let train = files.first().context("name a train file")?;
    let train = read_csv(&std::fs::read(train)?, train, 30)?;
    let (train, test) = match files.get(1) {
        Some(test) => (train, read_csv(&std::fs::read(test)?, test, 30)?),
        None => {
            let cut = train.rows() * 82 / 100;
            (train.slice(0..cut), train.slice(cut..train.rows()))
        }
    };
    Ok(prepare(train, test, &PreprocessConfig::default())?)
}

/// rmse x 1e4 at every horizon, from every fourth row of the test part.
fn far(served: &VerifiedModel, prepared: &Prepared) -> Result<Vec<u32>> {
    let model = served.build()?;
    let manifest = &served.manifest;
    let joined = prepared.train.concat(&prepared.test)?;
    let columns: Vec<&[f64]> =
        manifest.columns.iter().filter_map(|name| joined.column(name)).map(|column| column.values.as_slice()).collect();
    let target = &joined.column("down").context("no column down")?.values;
    let scale = MinMax::fit(&prepared.train.column("down").context("no down")?.values);
    let span = scale.context("no values")?.span();
    let most = HORIZONS[HORIZONS.len() - 1];
    let origins: Vec<usize> = (prepared.train.rows() + 9..joined.rows() - most).step_by(4).collect();
    let mut squares = [0.0; HORIZONS.len()];
    for chunk in origins.chunks(256) {
        let contexts: Vec<Context> = chunk
            .iter()
            .map(|origin| Context {
                last_ms: joined.times_ms[*origin],
                values: (origin + 1 - manifest.input_rows..=*origin)
                    .flat_map(|row| columns.iter().map(move |column| column[row]))
                    .collect(),
            })
            .collect();
        let forecasts = model.forecast(&contexts, most)?;
        for (origin, forecast) in chunk.iter().zip(forecasts) {
            for (square, horizon) in squares.iter_mut().zip(HORIZONS) {
                *square += ((forecast[horizon - 1] - target[origin + horizon]) / span).powi(2);
            }
        }
    }
    let rmse = squares.map(|square: f64| (square / origins.len() as f64).sqrt());
    Ok(rmse.map(|rmse| (rmse * 1e4).round() as u32).to_vec())
}

fn setting(name: &str, default: usize) -> Result<usize> {
    match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name} is no number")),
        Err(_) => Ok(default),
    }
}

fn lineage() -> Lineage {
    Lineage {
        run_id: "example".into(),
        identifier: "default".into(),
        series: None,
        config_hash: "0".into(),
        dataset_id: "0".into(),
        train_hash: "0".into(),
    }
}
