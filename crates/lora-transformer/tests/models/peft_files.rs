//! Adapters to PEFT's format and back.

use lora_checkpoint::{Adapter as OnDisk, TargetModules, Tensor};
use lora_transformer::adapter::Adapter;
use lora_transformer::batch::Batch;
use lora_transformer::lora::Targets;
use lora_transformer::net::Head;
use lora_transformer::peft::{export, import};
use lora_transformer::run_spec::{HeadSpec, RunSpec};
use lora_transformer::trainer::Trainer;
use lora_types::Init;

use super::common::{Both, RANK, everywhere};

/// Every set of the head's modules that can be trained whole.
fn heads(both: &Both) -> Vec<Option<Vec<&'static str>>> {
    let mut all = vec![None];
    if matches!(both.base.net.head, Head::Classifier { .. }) {
        all.push(Some(vec!["classifier"]));
        match both.case.name {
            "BERT" => all.push(Some(vec!["classifier", "pooler"])),
            "RoBERTa" => all.push(Some(vec!["out_proj"])),
            "DistilBERT" => all.push(Some(vec!["pre_classifier", "classifier"])),
            _ => (),
        }
    }
    all
}

fn spec(both: &Both, head: &Option<Vec<&str>>, rslora: bool) -> RunSpec {
    let modules = |names: &Vec<&str>| names.iter().map(|&name| name.to_owned()).collect();
    let head = head.as_ref().map(|names| HeadSpec { lr: 1e-2, modules: modules(names) });
    let mut spec = RunSpec { head, ..both.spec() };
    spec.lora.targets = everywhere();
    spec.lora.init = Init::AB;
    spec.lora.rslora = rslora;
    spec
}

fn trained<'b>(both: &'b Both, spec: &RunSpec) -> Trainer<'b> {
    let mut trainer = Trainer::new(&both.base, spec).expect("a run");
    trainer.step(&[Batch::new(&both.batch)]);
    trainer
}

#[test]
fn what_is_exported_is_imported() {
    for both in Both::all() {
        for head in heads(&both) {
            for rslora in [false, true] {
                let spec = spec(&both, &head, rslora);
                let trained = trained(&both, &spec).trained;
                let file = export(&both.base, &trained, &spec.lora, "base");
                let (adapters, own) = import(&both.base.net, &file).expect("its own export");
                let name = (both.case.name, &head, rslora);
                assert!(adapters == trained.adapters, "{name:?}");
                assert!(own == trained.own, "{name:?}");
                assert_eq!(own.is_empty(), head.is_none(), "{name:?}");
            }
        }
    }
}

#[test]
fn files_hold_every_byte_and_the_settings() {
    let dir = tempfile::tempdir().expect("a folder");
    for both in [Both::named("Qwen2, tied"), Both::named("RoBERTa")] {
        let spec = spec(&both, &heads(&both).pop().flatten(), true);
        let trained = trained(&both, &spec).trained;
        let file = export(&both.base, &trained, &spec.lora, "base");
        let path = dir.path().join(both.case.name);
        file.write(&path).expect("a folder");
        let read = OnDisk::open(&path).expect("its own file");
        assert_eq!(read.tensors, file.tensors);
        assert_eq!((read.config.r, read.config.use_rslora), (RANK, true));
        let (adapters, own) = import(&both.base.net, &read).expect("its own export");
        assert!(adapters == trained.adapters && own == trained.own);
    }
}

/// In PyTorch's order, so that entry (o, i) of a linear weight is at o · in + i.
#[test]
fn whole_parameters_have_the_order_of_the_file() {
    let both = Both::named("BERT");
    let spec = spec(&both, &Some(vec!["classifier"]), false);
    let trainer = Trainer::new(&both.base, &spec).expect("a run");
    let file = export(&both.base, &trainer.trained, &spec.lora, "base");
    let tensor = &file.tensors["base_model.model.classifier.weight"];
    let wanted = super::common::flat(&both.weights["classifier.weight"]);
    assert_eq!((tensor.shape.clone(), tensor.to_f32()), (vec![3, 12], wanted));
}

/// `modules_to_save` names what is trained whole and nothing else: `bert` would be the whole model.
#[test]
fn saved_modules_are_those_that_are_trained() {
    let saved = |name: &str, head: &[&'static str]| {
        let both = Both::named(name);
        let spec = spec(&both, &Some(head.to_vec()), false);
        let trained = Trainer::new(&both.base, &spec).expect("a run").trained;
        export(&both.base, &trained, &spec.lora, "").config.modules_to_save
    };
    assert_eq!(saved("BERT", &["classifier"]), ["classifier"]);
    assert_eq!(saved("BERT", &["classifier", "pooler"]), ["bert.pooler", "classifier"]);
    assert_eq!(saved("RoBERTa", &["classifier"]), ["classifier"]);
    assert_eq!(saved("RoBERTa", &["out_proj"]), ["classifier.out_proj"]);
    assert_eq!(
        saved("DistilBERT", &["classifier", "pre_classifier"]),
        ["pre_classifier", "classifier"]
    );
}

/// As a `SEQ_CLS` PEFT drops an adapter on the classifier.
#[test]
fn an_adapter_on_the_classifier_goes_without_the_word_for_classifiers() {
    let word = |name: &str, targets: &str, head: Option<Vec<&str>>| {
        let both = Both::named(name);
        let mut spec = spec(&both, &head, false);
        spec.lora.targets = Targets::Pattern(targets.to_owned());
        let trained = Trainer::new(&both.base, &spec).expect("a run").trained;
        export(&both.base, &trained, &spec.lora, "").config.task_type
    };
    let classifies = Some("SEQ_CLS".to_owned());
    assert_eq!(word("BERT", ".*query|.*pooler.*", None), classifies);
    assert_eq!(word("BERT", ".*", Some(vec!["classifier"])), classifies);
    assert_eq!(word("DistilBERT", "pre_classifier", None), classifies);
    assert_eq!(word("BERT", ".*query|classifier", None), None);
    assert_eq!(word("RoBERTa", ".*dense", None), None);
    assert_eq!(word("Llama", ".*", None), Some("CAUSAL_LM".to_owned()));
}

/// Why a changed file is refused.
fn refused(both: &Both, change: impl FnOnce(&mut OnDisk)) -> String {
    let spec = spec(both, &heads(both)[0], false);
    let trained = Trainer::new(&both.base, &spec).expect("a run").trained;
    let mut file = export(&both.base, &trained, &spec.lora, "");
    change(&mut file);
    import(&both.base.net, &file).expect_err("it does not fit").to_string()
}

fn tensor(shape: &[usize]) -> Tensor {
    Tensor::f32(shape, vec![0.5; shape.iter().product()])
}

#[test]
fn factors_that_do_not_fit_are_refused() {
    let both = Both::named("Llama");
    let at = "base_model.model.model.layers.1.self_attn.k_proj";
    let (a, b) = (format!("{at}.lora_A.weight"), format!("{at}.lora_B.weight"));
    let shapes: [[&[usize]; 2]; 7] = [
        [&[12, 3], &[8, 3]],
        [&[3, 12], &[3, 8]],
        [&[3, 12], &[8, 2]],
        [&[2, 12], &[8, 3]],
        [&[0, 12], &[8, 0]],
        [&[1, 3, 12], &[8, 1]],
        [&[], &[]],
    ];
    for [of_a, of_b] in shapes {
        let error = refused(&both, |file| {
            file.tensors.insert(a.clone(), tensor(of_a));
            file.tensors.insert(b.clone(), tensor(of_b));
        });
        assert!(error.contains("k_proj") && error.contains("12 inputs and 8 outputs"), "{error}");
    }
    let short = refused(&both, |file| {
        let data = Tensor::f32(&[3, 11], vec![0.0; 33]).data;
        file.tensors.insert(a.clone(), Tensor { shape: vec![3, 12], data });
    });
    assert!(short.contains("k_proj"), "{short}");
}

#[test]
fn modules_and_tensors_that_the_model_does_not_have_are_refused() {
    let both = Both::named("Llama");
    let at = "base_model.model.model.layers";
    let add = |name: &str, shape: &[usize]| {
        refused(&both, |file| {
            file.tensors.insert(format!("{at}.{name}"), tensor(shape));
        })
    };
    assert!(add("1.self_attn.q_proj.lora_magnitude_vector", &[16]).contains("no parameter"));
    assert!(add("1.self_attn.q_proj.lora_B.bias", &[16]).contains("no parameter"));
    assert!(add("2.self_attn.q_proj.lora_A.weight", &[3, 12]).contains("no partner"));
    assert!(add("1.input_layernorm.bias", &[12]).contains("no parameter"));
    assert!(add("1.input_layernorm.weight", &[13]).contains("[13]"));
    let unknown = refused(&both, |file| {
        for (end, shape) in [("A", [3, 12]), ("B", [12, 3])] {
            let name = format!("{at}.2.self_attn.q_proj.lora_{end}.weight");
            file.tensors.insert(name, tensor(&shape));
        }
    });
    assert!(unknown.ends_with("no module model.layers.2.self_attn.q_proj"), "{unknown}");
}

#[test]
fn half_a_pair_a_second_pair_and_the_names_of_another_kind_are_refused() {
    let both = Both::named("Llama");
    let q = "model.layers.0.self_attn.q_proj";
    let half = refused(&both, |file| {
        file.tensors.remove(&format!("base_model.model.{q}.lora_A.weight"));
    });
    assert!(half.contains("lora_B") && half.contains("no partner"), "{half}");
    let twice = refused(&both, |file| {
        for end in ["lora_A.weight", "lora_B.weight"] {
            let same = file.tensors[&format!("base_model.model.{q}.{end}")].clone();
            file.tensors.insert(format!("{q}.{end}"), same);
        }
    });
    assert!(twice.contains("twice"), "{twice}");
    let kind = refused(&both, |file| {
        for (old, new) in [("A", "A.weight"), ("B", "B.weight")] {
            let at = "base_model.model.model.embed_tokens.lora_";
            let values = file.tensors.remove(&format!("{at}embedding_{old}")).expect("adapted");
            file.tensors.insert(format!("{at}{new}"), values);
        }
    });
    assert!(kind.contains("embed_tokens"), "{kind}");
}

/// α of single modules, as PEFT writes it: of several patterns that match, the first counts.
#[test]
fn a_module_may_have_a_scaling_of_its_own() {
    let both = Both::named("Llama");
    let spec = spec(&both, &None, false);
    let trained = Trainer::new(&both.base, &spec).expect("a run").trained;
    let mut file = export(&both.base, &trained, &spec.lora, "");
    let patterns = [("q_proj", 12.0), (r"layers\.1\.self_attn\.(q|k)_proj", 3.0), ("proj", 6.0)];
    file.config.alpha_pattern = patterns.map(|(text, alpha)| (text.to_owned(), alpha)).to_vec();
    let (adapters, _) = import(&both.base.net, &file).expect("it fits");
    for (info, adapter) in both.base.net.sites.iter().zip(&adapters) {
        let scaling = adapter.as_ref().map(|adapter: &Adapter| adapter.scaling);
        // An end of a name that begins behind no dot, as `proj`, matches nothing.
        let wanted = match &info.name[..] {
            name if name.ends_with("q_proj") => 4.0,
            "model.layers.1.self_attn.k_proj" => 1.0,
            _ => 1.5,
        };
        assert_eq!(scaling, Some(wanted), "{}", info.name);
    }
}

#[test]
fn ranks_and_alphas_of_single_modules_are_exported_and_imported() {
    let dir = tempfile::tempdir().expect("a folder");
    for rslora in [false, true] {
        let both = Both::named("Llama");
        let mut spec = spec(&both, &None, rslora);
        spec.lora.rank_pattern =
            [("q_proj".to_owned(), 5), (r"layers\.1\.mlp\..*".to_owned(), 1)].into();
        spec.lora.alpha_pattern =
            [("(q|k)_proj".to_owned(), 10.0), ("embed_tokens".to_owned(), 0.5)].into();
        let trained = trained(&both, &spec).trained;
        export(&both.base, &trained, &spec.lora, "base").write(dir.path()).expect("a folder");
        let read = OnDisk::open(dir.path()).expect("its own file");
        let ranks = [(r"layers\.1\.mlp\..*".to_owned(), 1), ("q_proj".to_owned(), 5)];
        assert_eq!((read.config.r, &read.config.rank_pattern[..]), (RANK, &ranks[..]));
        let (adapters, _) = import(&both.base.net, &read).expect("its own export");
        assert!(adapters == trained.adapters);
        let of = |name: &str| {
            let site = both.base.net.site(name).expect("a module");
            adapters[site.0].as_ref().map(|adapter| (adapter.rank, adapter.scaling))
        };
        let root = |rank: f64| if rslora { rank.sqrt() } else { rank };
        for (name, rank, alpha) in [
            ("model.layers.0.self_attn.q_proj", 5, 10.0),
            ("model.layers.0.self_attn.k_proj", RANK, 10.0),
            ("model.layers.1.mlp.down_proj", 1, 4.5),
            ("model.layers.0.mlp.down_proj", RANK, 4.5),
            ("model.embed_tokens", RANK, 0.5),
        ] {
            let scaling = (alpha / root(rank as f64)) as f32;
            assert_eq!(of(name), Some((rank, scaling)), "{name}");
        }
    }
}

#[test]
fn a_rank_that_the_configuration_does_not_say_is_refused() {
    let both = Both::named("Llama");
    let pattern = |text: &str, rank| {
        refused(&both, |file| file.config.rank_pattern = vec![(text.to_owned(), rank)])
    };
    assert_eq!(
        pattern("k_proj", 4),
        "adapter: model.layers.0.self_attn.k_proj has factors of rank 3, where the configuration \
         says 4"
    );
    let wrong = pattern("(?!k_proj)", 4);
    assert!(wrong.starts_with("rank_pattern: (?!k_proj) is no regular expression: "), "{wrong}");
}

/// What leaves targets out again, in PEFT's words.
#[test]
fn exclusions_and_blocks_are_exported() {
    let both = Both::named("Llama");
    let export_of = |targets: Targets, exclude: Option<Targets>, layers: &[usize]| {
        let mut spec = spec(&both, &None, false);
        (spec.lora.targets, spec.lora.exclude) = (targets, exclude);
        spec.lora.layers = layers.to_vec();
        let trained = Trainer::new(&both.base, &spec).expect("a run").trained;
        export(&both.base, &trained, &spec.lora, "").config
    };
    let names =
        |names: &[&str]| Targets::Names(names.iter().map(|&name| name.to_owned()).collect());
    let config = export_of(names(&["q_proj", "v_proj"]), Some(names(&["v_proj"])), &[1]);
    assert_eq!(config.other["exclude_modules"], serde_json::json!(["v_proj"]));
    assert_eq!(config.other["layers_to_transform"], serde_json::json!([1]));
    // Beside a pattern PEFT takes no blocks, so the modules are named.
    let pattern = Targets::Pattern(r".*\.[qv]_proj".to_owned());
    let config = export_of(pattern, Some(Targets::Pattern(".*v_proj".to_owned())), &[1]);
    let named = TargetModules::Names(vec!["model.layers.1.self_attn.q_proj".to_owned()]);
    assert_eq!(config.target_modules, named);
    assert_eq!(config.other["exclude_modules"], serde_json::json!(".*v_proj"));
    assert!(!config.other.contains_key("layers_to_transform"));
}
