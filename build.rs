//! Lets every program of this package find libtorch without LD_LIBRARY_PATH.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=FLTS_IMAGE_BUILD");
    let lib = std::env::var("DEP_TCH_LIBTORCH_LIB").expect("torch-sys tells where libtorch lies");
    println!("cargo::metadata=libtorch_lib={lib}");
    println!("cargo::rustc-link-arg=-Wl,-rpath,$ORIGIN/../lib");
    if std::env::var_os("FLTS_IMAGE_BUILD").is_none() {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    }
}
