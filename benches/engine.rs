//! What the engine does before a warehouse is asked: parsing, selecting, rendering, writing the manifest.
//!
//! `cargo bench --no-default-features` runs all of it; benches/compare/ times whole processes.

#![allow(missing_docs, clippy::expect_used, reason = "a bench is no library")]

mod generated;

use std::hint::black_box;

use aquifer::compile::{CompileOptions, Compiler, References};
use aquifer::config::{Flags, IndirectSelection};
use aquifer::selector::{Expr, NamedSelections, Scope, Selector};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use generated::Generated;

const SIZES: [usize; 3] = [100, 1_000, 10_000];

/// Files in memory to a frozen project.
fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    group.sample_size(10);
    for size in SIZES {
        let project = Generated::new(size);
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| bencher.iter(|| project.load()));
    }
}

/// `--select` to a set of nodes.
fn select(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("select in 10,000 models");
    let project = Generated::new(10_000).load().project;
    let scope = Scope::of_command("build", &Flags::default());
    for text in ["layer_2_00000", "+layer_4_00000", "layer_0_00000+", "tag:base", "path:models/layer_3", "layer_1_*"] {
        let expr =
            Expr::from_arguments(&[text.to_owned()], &[], IndirectSelection::default(), &NamedSelections::default());
        let expr = expr.expect("the selector is valid");
        group.bench_function(text, |bencher| {
            bencher.iter(|| black_box(Selector::new(&project, None).select(&expr, &scope)));
        });
    }
}

/// A model's template to SQL.
fn render(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("render");
    let loaded = Generated::new(1_000).load();
    let compiler = Compiler::new(loaded.project.clone(), loaded.engine.clone(), References::default());
    let nodes: Vec<_> = loaded.project.nodes.values().collect();
    for (name, of) in [("a model", "model."), ("a generic test", "test.")] {
        let node = nodes.iter().rev().find(|node| node.unique_id.as_str().starts_with(of));
        let node = node.expect("the project has one");
        group.bench_function(name, |bencher| {
            bencher.iter(|| compiler.compile(node, &CompileOptions::default()).expect("it renders"));
        });
    }
}

criterion_group!(benches, parse, select, render);
criterion_main!(benches);
