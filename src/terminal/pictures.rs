//! The expected texts of the tests, kept as files so that people can look at them. `UPDATE_PICTURES=1` writes them again.

/// Compares a text with the picture of that name.
pub fn compare(name: &str, drawn: &str) {
    let path = format!("{}/src/terminal/pictures/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::write(&path, format!("{drawn}\n")).expect("the picture can be written");
    }
    let kept = std::fs::read_to_string(&path).expect("the picture is there");
    assert!(drawn == kept.trim_end_matches('\n'), "{name} is now\n{drawn}\n\nand was\n{kept}");
}
