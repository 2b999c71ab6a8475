//! A damaged artifact is refused with a sentence, and its weights are not parsed before their hash fits.

use bytes::Bytes;
use flts::forecast::{
    Artifact, Family, Manifest, ModelError, ModelMemory, TrainSettings, VerifiedModel, WEIGHTS_FILE, sha256_hex,
};

use crate::common::training::*;

fn verify(artifact: &Artifact) -> Result<VerifiedModel, ModelError> {
    let weights = Bytes::copy_from_slice(&artifact.weights);
    VerifiedModel::verify(&artifact.manifest.to_json(), weights, None, 3)
}

/// The artifact with other weights, their hash set right: what only parsing can find.
fn resealed(artifact: &Artifact, weights: Vec<u8>) -> Artifact {
    let mut manifest = artifact.manifest.clone();
    manifest.files.insert(WEIGHTS_FILE.into(), sha256_hex(&weights));
    Artifact { manifest, weights }
}

#[test]
fn a_manifest_survives_its_json() {
    for family in Family::ALL {
        let artifact = trained(family, &data(), &quick());
        let served = verify(&artifact).expect("sound");
        assert_eq!(served.generation, 3);
        assert_eq!(served.manifest.lineage, lineage());
        assert_eq!(served.manifest_sha256, sha256_hex(&artifact.manifest.to_json()));
        let json: serde_json::Value = serde_json::from_slice(&artifact.manifest.to_json()).expect("JSON");
        assert_eq!(json["model_type"], family.as_str());
        assert_eq!(json["run_id"], "run-1", "lineage lies at the top");
    }
}

#[test]
fn every_flipped_byte_and_every_cut_of_the_weights_is_found() {
    let artifact = trained(Family::GRU, &data(), &quick());
    let size = artifact.weights.len();
    for place in [0, 7, 8, 100, size / 2, size - 1] {
        let mut flipped = artifact.clone();
        flipped.weights[place] ^= 1;
        let error = verify(&flipped).expect_err("flipped");
        assert!(error.to_string().contains("weights.safetensors has SHA-256"), "{error}");
        let mut cut = artifact.clone();
        cut.weights.truncate(place);
        assert!(verify(&cut).is_err(), "cut at {place}");
    }
}

#[test]
fn a_manifest_that_is_not_the_expected_one_is_refused_before_it_is_read() {
    let artifact = trained(Family::PERSISTENCE, &data(), &quick());
    let weights = Bytes::copy_from_slice(&artifact.weights);
    let error = VerifiedModel::verify(b"{", weights, Some("00"), 0).expect_err("hash");
    assert!(error.to_string().contains("manifest.json has SHA-256"), "{error}");
}

#[test]
fn weights_that_cannot_belong_to_the_manifest_are_refused_when_built() {
    let gru = trained(Family::GRU, &data(), &quick());
    let lstm = trained(Family::LSTM, &data(), &quick());
    let ridge = trained(Family::RIDGE, &data(), &quick());
    let cut = gru.weights[..gru.weights.len() - 4].to_vec();
    let huge_header = u64::MAX.to_le_bytes().to_vec();
    let mut nan = gru.weights.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    let cases = [
        (resealed(&gru, Vec::new()), "cannot be read"),
        (resealed(&gru, b"nonsense of more than eight bytes".to_vec()), "cannot be read"),
        (resealed(&gru, huge_header), "cannot be read"),
        (resealed(&gru, cut), "cannot be read"),
        (resealed(&gru, nan), "not finite"),
        (resealed(&gru, lstm.weights.clone()), "has shape"),
        (resealed(&gru, ridge.weights.clone()), "is missing"),
        (resealed(&ridge, gru.weights.clone()), "is missing"),
    ];
    for (artifact, word) in cases {
        let served = verify(&artifact).expect("the hashes fit");
        let Err(error) = served.build() else {
            panic!("{word}: was built");
        };
        assert!(error.to_string().contains(word), "{word}: {error}");
        assert!(served.warm_up().is_err());
    }
}

#[test]
fn a_tensor_too_many_is_refused() {
    let mut with_extra = trained(Family::GRU, &data(), &quick());
    with_extra.manifest.settings["num_layers"] = 1.into();
    let two_layers = flts::forecast::TrainSettings { num_layers: 2, ..quick() };
    let deeper = trained(Family::GRU, &data(), &two_layers);
    let served = verify(&resealed(&with_extra, deeper.weights)).expect("the hashes fit");
    let error = served.build().err().expect("a layer too many");
    assert!(error.to_string().contains("belongs to no part"), "{error}");
}

#[test]
fn a_manifest_whose_parts_do_not_fit_is_refused() {
    let good = trained(Family::GRU, &data(), &quick()).manifest;
    type Damage = fn(&mut Manifest);
    let damages: [(Damage, &str); 10] = [
        (|m| m.v = 2, "version 2"),
        (|m| m.targets = vec!["other".into()], "not among the columns"),
        (|m| m.columns.clear(), "no columns"),
        (|m| m.step_ms = 0, "step_ms"),
        (|m| m.input_rows = 0, "input_rows 0"),
        (|m| m.output_rows = usize::MAX, "out of range"),
        (
            |m| {
                m.inputs.pop();
            },
            "differ in number",
        ),
        (|m| m.inputs[0].sd = 0.0, "not above zero"),
        (|m| m.blend = None, "blend"),
        (|m| m.calendar_inputs.reverse(), "calendar_inputs"),
    ];
    for (damage, word) in damages {
        let mut manifest = good.clone();
        damage(&mut manifest);
        let error = Manifest::from_json(&manifest.to_json()).expect_err(word);
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
    for json in ["", "[]", "{}", "{\"v\":1}"] {
        assert!(Manifest::from_json(json.as_bytes()).is_err(), "{json}");
    }
}

#[test]
fn the_same_training_done_again_is_the_same_run_with_the_same_bytes() {
    for family in Family::ALL {
        let train = move || trained(family, &data(), &quick()).named_by_content();
        let first = train();
        // another thread, as another trainer has
        let second = std::thread::spawn(train).join().expect("the training succeeds");
        assert_eq!(first.weights, second.weights, "{family}");
        assert_eq!(first.manifest.to_json(), second.manifest.to_json(), "{family}");
        assert_eq!(first.manifest.lineage.run_id.len(), 32);
    }
}

#[test]
fn whatever_is_another_training_is_another_run() {
    let id = |artifact: Artifact| artifact.named_by_content().manifest.lineage.run_id;
    let gru = trained(Family::GRU, &data(), &quick());
    let mut other_data = gru.clone();
    other_data.manifest.lineage.dataset_id = "another".into();
    let other_seed = trained(Family::GRU, &data(), &TrainSettings { seed: 7, ..quick() });
    let ids = [gru, other_data, other_seed].map(id);
    assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2], "{ids:?}");
}

#[test]
fn a_manifest_of_more_than_a_node_can_hold_is_refused_before_anything_is_allocated() {
    let artifact = trained(Family::PERSISTENCE, &data(), &quick());
    let refused = |change: &dyn Fn(&mut Manifest)| {
        let mut manifest = artifact.manifest.clone();
        change(&mut manifest);
        Manifest::from_json(&manifest.to_json()).expect_err("too large").to_string()
    };
    let wide = |manifest: &mut Manifest, columns: usize| {
        manifest.columns = (0..columns).map(|column| format!("c{column}")).collect();
        manifest.targets = manifest.columns.clone();
    };
    let columns = refused(&|manifest| wide(manifest, 3000));
    assert!(columns.contains("3000 columns, and the limit is 1000"), "{columns}");
    let rows = refused(&|manifest| manifest.output_rows = 1_000_001);
    assert!(rows.contains("1000001 rows") && rows.contains("OUTPUT_SEQ_LEN"), "{rows}");
    let cells = refused(&|manifest| {
        wide(manifest, 1000);
        manifest.input_rows = 1_000_000;
    });
    assert!(cells.contains("1000000000 cells") && cells.contains("INPUT_SEQ_LEN"), "{cells}");
}

#[test]
fn the_memory_of_a_model_is_known_from_its_manifest_and_the_size_of_its_weights() {
    let artifact = trained(Family::GRU, &data(), &quick());
    let (json, weights) = (artifact.manifest.to_json(), artifact.weights.len());
    let of = |manifest: &Manifest| ModelMemory::of(manifest, json.len(), weights as u64);
    let memory = of(&artifact.manifest);
    assert!(memory.stored > weights && memory.built > weights && memory.building > weights);
    assert_eq!(memory.on_threads(5) - memory.on_threads(4), memory.built);
    let mut longer = artifact.manifest.clone();
    longer.input_rows *= 1000;
    let context = longer.input_rows * longer.columns.len() * 8;
    assert!(of(&longer).warm_up > 2 * context, "two contexts, and what the net makes of them");
}
