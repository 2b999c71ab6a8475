//! A configuration keeps the name that its users know it by.

use flts::forecast::PreprocessConfig;

const DEFAULT_DOCUMENT: &str = r#"{"_data":{"sample_strategy":"head","sample_test_rows":0,"sample_train_rows":0,"test_file":"PobleSec_test.csv","train_file":"PobleSec.csv"},"extra":{"hash_salt":""},"handle_nans":{"drop_rows":false,"enabled":true,"knn_neighbors":2,"threshold":0.33},"lags":{"enabled":false,"n_lags":0,"step":1},"outliers":{"enabled":false,"factor":1.5,"method":"iqr"},"scaling":{"add_constant":null,"method":"MinMaxScaler"},"time_features":{"enabled":true}}"#;

fn config(train: u64, test: u64, strategy: &str, salt: &str) -> PreprocessConfig {
    PreprocessConfig {
        sample_train_rows: train,
        sample_test_rows: test,
        sample_strategy: strategy.into(),
        hash_salt: salt.into(),
        ..PreprocessConfig::default()
    }
}

#[test]
fn all_eight_golden_configurations_keep_their_hash() {
    let golden = [
        (config(0, 0, "head", ""), "6ce79cfae0029f0499e5ca7a14f996ee0fe8c7d4f2a4bbf2fe78d3ae6b155ea9"),
        (config(0, 0, "", "forceInfer1"), "d0c1e855bccb40c80e1cf917615e56c0191847f03f19b543b031eaaf2837e6dd"),
        (config(51, 31, "head", "forceInfer1"), "eab7f59ada0acba006771c40c8eae95f37648e24d610f023cb6f29175e93d952"),
        (config(50, 50, "head", "forceInfer1"), "8999be31be63d86d0bfcd155ea74a56b6192a9dfa2490f077d019571a6deed1f"),
        (
            config(50, 50, "head", "e2e_auto_flow_nov4"),
            "eb6b5e16f3511014c92388ba6b80a5fd5598ccc6af7355175d49f38fbb579f96",
        ),
        (config(50, 30, "head", "v2_prophet_fix"), "6e59091b036af4edf0d03fabbfc167080accb7b998b442a8dfe4b16d0c991dcb"),
        (
            config(50, 50, "head", "threemodel_reset1"),
            "e309764d596299df3c5ebd60d478591199466e26b65c40845c89b7a28dd4ae29",
        ),
        (
            config(50, 50, "head", "v3_full_in_cluster_backend"),
            "0247c10d5efa0af91e99367b23bef2851a0a615354a28b2ab39fa6dd657ffdf7",
        ),
    ];
    for (config, hash) in golden {
        assert_eq!(config.config_hash(), hash, "{}", config.canonical_json());
    }
}

#[test]
fn the_default_configuration_is_this_document() {
    assert_eq!(PreprocessConfig::default().canonical_json(), DEFAULT_DOCUMENT);
}

#[test]
fn case_and_spaces_that_mean_nothing_change_nothing() {
    let written_otherwise = PreprocessConfig {
        clip_method: "IQR".into(),
        scaler: " MinMaxScaler ".into(),
        sample_strategy: "HEAD".into(),
        ..PreprocessConfig::default()
    };
    assert_eq!(written_otherwise.canonical_json(), DEFAULT_DOCUMENT);
}

#[test]
fn numbers_and_texts_stand_in_the_document_as_python_writes_them() {
    let config = PreprocessConfig {
        nans_threshold: 0.00001,
        clip_factor: 2.0,
        add_val: Some("1e3".into()),
        hash_salt: "é\"".into(),
        ..PreprocessConfig::default()
    };
    let text = config.canonical_json();
    for part in [r#""threshold":1e-05"#, r#""factor":2.0"#, r#""add_constant":"1e3""#, r#""hash_salt":"\u00e9\"""#] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn steps_that_do_not_exist_yet_are_hashed_and_refused_all_at_once() {
    let config = PreprocessConfig {
        nans_threshold: f64::NAN,
        clip_enable: true,
        lags_enable: true,
        scaler: "StandardScaler".into(),
        add_val: Some("".into()),
        sample_strategy: "Random".into(),
        ..PreprocessConfig::default()
    };
    assert_ne!(config.config_hash(), PreprocessConfig::default().config_hash());
    let mistakes = config.unsupported();
    let settings: Vec<&str> = mistakes.iter().filter_map(|mistake| mistake.split(':').next()).collect();
    assert_eq!(settings, ["NANS_THRESHOLD", "SAMPLE_STRATEGY", "CLIP_ENABLE", "LAGS_ENABLE", "SCALER", "ADD_VAL"]);
    assert!(PreprocessConfig::default().unsupported().is_empty());
}
