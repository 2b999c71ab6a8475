//! MASE of every family that needs no trainer's hours, over a folder of series, and what each costs.
//!
//! `cargo run --release --example series -- DIR [CONTEXT_ROWS]`; DIR holds `series.json` (`season` and `horizon` by name),
//! `<name>_train.csv` and `<name>_test.csv` with a column `y`. Models see the train file alone; the test file is truth, and the rows of
//! requests: up to CONTEXT_ROWS (2,000) before each of ten origins. `FAMILIES` names the families.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};
use flts::forecast::{
    Context, Family, Lineage, PreprocessConfig, ReadOptions, Series, TrainSettings, TrainSignal, TrainingData,
    VerifiedModel, fit, measured_columns, prepare, read_series,
};

const ORIGINS: usize = 10;

struct Split {
    train: TrainingData,
    all: Series,
    season: usize,
    horizon: usize,
}

struct Measured {
    mase: f64,
    fit_s: f64,
    forecast_ms: f64,
    kilobytes: usize,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("name the folder that holds series.json")?;
    let context_rows: usize = arguments.next().map_or(Ok(2_000), |rows| rows.parse())?;
    let families = families()?;
    let index: serde_json::Value = serde_json::from_slice(&std::fs::read(Path::new(&folder).join("series.json"))?)?;
    println!("{:16}{}", "MASE", families.iter().map(|family| format!("{:>15}", family.as_str())).collect::<String>());
    let mut logs = vec![Vec::new(); families.len()];
    for (name, meta) in index.as_object().context("series.json holds an object")? {
        let split = read(Path::new(&folder), name, meta)?;
        let measured: Vec<Option<Measured>> =
            families.iter().map(|family| measure(*family, &split, context_rows).ok()).collect();
        logs.iter_mut().zip(&measured).for_each(|(logs, one)| logs.extend(one.as_ref().map(|one| one.mase.ln())));
        let line = |title: &str, cell: &dyn Fn(&Measured) -> String| {
            let cells = measured.iter().map(|one| format!("{:>15}", one.as_ref().map_or("-".into(), cell)));
            println!("{title:16}{}", cells.collect::<String>());
        };
        line(name, &|one| format!("{:.3}", one.mase));
        line("  fit, s", &|one| format!("{:.2}", one.fit_s));
        line("  forecast, ms", &|one| format!("{:.1}", one.forecast_ms));
        line("  artifact, kB", &|one| one.kilobytes.to_string());
    }
    let means = logs.iter().map(|logs| (logs.iter().sum::<f64>() / logs.len().max(1) as f64).exp());
    println!("{:16}{}", "geometric mean", means.map(|mean| format!("{mean:>15.3}")).collect::<String>());
    Ok(())
}

fn families() -> Result<Vec<Family>> {
    match std::env::var("FAMILIES") {
        Ok(names) => names.split(',').map(|name| name.parse().map_err(anyhow::Error::msg)).collect(),
        Err(_) => Ok(Family::ALL.into_iter().filter(|f| ![Family::GRU, Family::LSTM].contains(f)).collect()),
    }
}

fn read(folder: &Path, name: &str, meta: &serde_json::Value) -> Result<Split> {
    let part = |part: &str| -> Result<Series> {
        let file = format!("{name}_{part}.csv");
        let mut series = read_series(&std::fs::read(folder.join(&file))?, &file, &ReadOptions::default())?;
        series.columns.retain(|column| column.name == "y");
        Ok(series)
    };
    let prepared = prepare(part("train")?, part("test")?, &PreprocessConfig::default())?;
    let number = |key: &str| meta[key].as_u64().map(|number| number as usize).with_context(|| format!("{name}: {key}"));
    Ok(Split {
        all: prepared.train.concat(&prepared.test)?,
        season: number("season")?,
        horizon: number("horizon")?,
        train: TrainingData {
            measured: measured_columns(&prepared.train),
            targets: vec!["y".into()],
            means: prepared.means,
            calendar: true,
            train: prepared.train,
        },
    })
}

fn measure(family: Family, split: &Split, context_rows: usize) -> Result<Measured> {
    let settings = TrainSettings { output_rows: split.horizon, ..TrainSettings::default() };
    let started = Instant::now();
    let artifact = fit(family, &split.train, &settings, lineage(), &mut |_| TrainSignal::GoOn)?;
    let fit_s = started.elapsed().as_secs_f64();
    let served = VerifiedModel::of(&artifact, 0)?;
    let (model, rows) = (served.build()?, served.manifest.context_rows().min(context_rows));
    let values = &split.all.column("y").context("no column y")?.values;
    let train_rows = split.train.train.rows();
    let train = &values[..train_rows];
    let changes: f64 = train[split.season..].iter().zip(train).map(|(now, then)| (now - then).abs()).sum();
    let scale = changes / (train_rows - split.season) as f64;
    let last = split.all.rows() - train_rows - split.horizon;
    let (mut missed, mut forecast_s) = (0.0, 0.0);
    for at in 0..ORIGINS {
        let origin = train_rows + (at as f64 * last as f64 / (ORIGINS - 1) as f64).round() as usize;
        let from = origin - rows.max(served.manifest.input_rows).min(origin);
        let context = Context { last_ms: split.all.times_ms[origin - 1], values: values[from..origin].to_vec() };
        let started = Instant::now();
        let forecast = model.forecast(&[context], split.horizon)?.remove(0);
        forecast_s += started.elapsed().as_secs_f64();
        let errors = forecast.iter().zip(&values[origin..]).map(|(forecast, truth)| (forecast - truth).abs());
        missed += errors.sum::<f64>() / split.horizon as f64;
    }
    Ok(Measured {
        mase: missed / ORIGINS as f64 / scale,
        fit_s,
        forecast_ms: forecast_s / ORIGINS as f64 * 1e3,
        kilobytes: (artifact.weights.len() + artifact.manifest.to_json().len()) / 1_000,
    })
}

fn lineage() -> Lineage {
    Lineage {
        run_id: "measured".into(),
        identifier: "default".into(),
        series: None,
        config_hash: "none".into(),
        dataset_id: "none".into(),
        train_hash: "none".into(),
    }
}
