//! Adapters with a planted history: every verdict is found, and none where the history does not tell.

use crate::planting::{HALVES, N, R, adam, answer, diagnosed, history, start, write};
use lora_checkpoint::{Adapter, Tensor};
use lora_diagnosis::{
    BVerdict, DeclaredVerdict, DiagnoseAnswer, InitLook, LawKind, MovementVerdict, OutputVerdict,
    StatedVerdict, TrainedVerdict, render,
};
use tempfile::tempdir;

#[test]
fn starts_without_training_are_untrained() {
    for (init, law) in [(InitLook::A, LawKind::KaimingUniform), (InitLook::B, LawKind::Paper)] {
        let found = diagnosed(&start(init, 1), None);
        assert_eq!(found.findings.start.verdict, init);
        assert_eq!(found.findings.trained.verdict, TrainedVerdict::Untrained);
        assert_eq!(found.findings.output.verdict, OutputVerdict::Nothing);
        assert_eq!(found.findings.movement.verdict, MovementVerdict::CannotTell);
        for module in &found.found.modules {
            assert_eq!((module.start.law, module.start.unmoved), (Some(law), true));
        }
    }
    let both = diagnosed(&start(InitLook::Both, 1), None);
    assert_eq!(both.findings.start.verdict, InitLook::Both);
    assert_eq!(both.findings.declared.verdict, DeclaredVerdict::Contradicts);
    assert_eq!(both.findings.trained.verdict, TrainedVerdict::Trained);
    let nothing = diagnosed(&vec![(vec![0.0; R * N], vec![0.0; N * R]); 2], None);
    assert_eq!(nothing.findings.start.verdict, InitLook::Unknown);
    assert_eq!(nothing.findings.trained.verdict, TrainedVerdict::Untrained);
}

#[test]
fn histories_are_told_apart() {
    use MovementVerdict::{Alike, CannotTell, RandomStartMore, RandomStartStill, ZeroStartMore};
    let cases = [
        (InitLook::A, [0.01, 0.01], Alike, OutputVerdict::Acts, BVerdict::Trained),
        (InitLook::A, [0.001, 0.02], ZeroStartMore, OutputVerdict::Acts, BVerdict::Trained),
        (InitLook::A, [0.0, 0.01], RandomStartStill, OutputVerdict::Acts, BVerdict::Trained),
        (
            InitLook::A,
            [0.03, 0.001],
            RandomStartMore,
            OutputVerdict::Acts,
            BVerdict::LooksUndertrained,
        ),
        (InitLook::A, [1e-6, 1e-6], CannotTell, OutputVerdict::HardlyActs, BVerdict::CannotTell),
        (InitLook::B, [0.1, 0.1], Alike, OutputVerdict::Acts, BVerdict::CannotTell),
        (InitLook::B, [0.005, 0.005], CannotTell, OutputVerdict::Acts, BVerdict::LooksUndertrained),
    ];
    for (init, moved, movement, output, b) in cases {
        let found = diagnosed(&history(init, moved), None).findings;
        assert_eq!(found.start.verdict, init, "{moved:?}");
        assert_eq!(
            found.movement.verdict, movement,
            "{init:?} {moved:?}: {}",
            found.movement.because
        );
        assert_eq!(found.output.verdict, output, "{init:?} {moved:?}: {}", found.output.because);
        assert_eq!(found.b.verdict, b, "{init:?} {moved:?}: {}", found.b.because);
    }
    // No config declares a random B, so the size alone of one that has moved far is not believed.
    let far = diagnosed(&history(InitLook::B, [0.2, 0.25]), None).findings;
    assert_eq!((far.start.verdict, far.b.verdict), (InitLook::Unknown, BVerdict::CannotTell));
    let far = diagnosed(&history(InitLook::A, [1.0, 1.0]), None).findings;
    assert_eq!(
        (far.start.verdict, far.output.verdict),
        (InitLook::Unknown, OutputVerdict::BeyondOrderOne)
    );
    assert_eq!(far.movement.verdict, MovementVerdict::CannotTell);
}

#[test]
fn a_statement_that_cannot_be_is_contradicted() {
    let factors = history(InitLook::A, [0.01, 0.01]);
    let said =
        |training| diagnosed(&factors, training).findings.stated.map(|stated| stated.verdict);
    assert_eq!(said(adam(1e-3, 100)), Some(StatedVerdict::Possible));
    assert_eq!(said(adam(1e-5, 10)), Some(StatedVerdict::Contradicted));
    assert_eq!(said(None), None);
    // Steps of random sign would have taken B farther than it is.
    let found = diagnosed(&factors, adam(1e-2, 100)).findings;
    assert_eq!(found.b.verdict, BVerdict::LooksUndertrained);
}

/// The start is planted, so what is bounded is known.
#[test]
fn bounds_and_estimates_hold_of_the_planted_movement() {
    let (begun, ended) = (start(InitLook::A, 3), history(InitLook::A, [0.01, 0.01]));
    let found = diagnosed(&ended, None);
    let mut true_mean = 0.0;
    for (module, (start, end)) in found.found.modules.iter().zip(begun.iter().zip(&ended)) {
        let moved: Vec<f64> =
            start.0.iter().zip(&end.0).map(|(x, y)| f64::from(y - x).abs()).collect();
        let estimate =
            module.movement.and_then(|movement| movement.random_start).expect("an estimate");
        let largest = moved.iter().copied().fold(0.0, f64::max);
        let norm = moved.iter().map(|x| x * x).sum::<f64>().sqrt();
        let least = estimate.largest_at_least.expect("an edge");
        assert!(0.0 < least && least <= largest * 1.0001, "{least} of {largest}");
        let least = estimate.frobenius_at_least.expect("an edge");
        assert!(0.0 < least && least <= norm * 1.0001, "{least} of {norm}");
        true_mean += moved.iter().sum::<f64>() / moved.len() as f64 / begun.len() as f64;
        let deltas = module.deltas.expect("a start");
        assert_eq!((deltas.zero, deltas.start_part), ("delta1", "delta2"));
        assert!(deltas.delta3_at_least <= deltas.delta3_at_most);
    }
    let [_, low, high] = found.pooled.expect("a start").random_start;
    assert!(low <= true_mean && true_mean <= high, "{true_mean} in [{low}, {high}]");
}

#[test]
fn the_answer_does_not_depend_on_the_threads_nor_much_on_the_kind_of_number() {
    let dir = tempdir().expect("a folder");
    let factors = history(InitLook::A, [0.001, 0.01]);
    write(dir.path(), &factors, Tensor::f32);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| serde_json::to_string(&answer(dir.path(), None)).expect("JSON"))
    };
    assert_eq!(on(1), on(3));
    let whole = answer(dir.path(), None);
    let verdicts = |answer: &DiagnoseAnswer| {
        let found = &answer.adapters[0].findings;
        (found.start.verdict, found.movement.verdict, found.output.verdict, found.b.verdict)
    };
    for kind in HALVES {
        write(dir.path(), &factors, kind);
        let rounded = answer(dir.path(), None);
        assert_eq!(verdicts(&rounded), verdicts(&whole));
    }
    // An untouched start is no other after rounding.
    for kind in HALVES {
        write(dir.path(), &start(InitLook::A, 9), kind);
        let found = answer(dir.path(), None);
        assert!(found.adapters[0].found.modules.iter().all(|module| module.start.unmoved));
    }
}

#[test]
fn what_is_no_factor_is_told() {
    let dir = tempdir().expect("a folder");
    write(dir.path(), &history(InitLook::A, [0.01, 0.01])[..1], Tensor::f32);
    let mut adapter = Adapter::open(dir.path()).expect("it opens");
    let at = "base_model.model.model.layers.0.self_attn.q_proj";
    for (name, shape) in [
        (format!("{at}.lora_magnitude_vector"), vec![4]),
        (format!("{at}.lora_B.bias"), vec![4]),
        ("base_model.model.model.embed_tokens.lora_embedding_A".to_owned(), vec![R, 3]),
        ("base_model.model.model.embed_tokens.lora_embedding_B".to_owned(), vec![3, R]),
        ("base_model.model.score.weight".to_owned(), vec![2, 3]),
    ] {
        let values = vec![1.0; shape.iter().product()];
        adapter.tensors.insert(name, Tensor::f32(&shape, values));
    }
    adapter.write(dir.path()).expect("it is written");
    let answer = answer(dir.path(), None);
    let found: Vec<(&str, usize)> =
        answer.adapters[0].found.left_out.iter().map(|left| (left.what, left.count)).collect();
    let expected = [
        ("magnitude vectors of DoRA", 1),
        ("biases of B", 1),
        ("adapted embeddings", 1),
        ("tensors that trained whole", 1),
    ];
    assert_eq!(found, expected);
    let text = render(&answer);
    assert!(text.contains("Left out: 1 adapted embedding (`model.embed_tokens`): "), "{text}");
    assert!(
        text.contains("What an adapter alone does not tell:\n- The start of the random factor"),
        "{text}"
    );
}
