//! Which modules are adapted, by the rules of PEFT's `target_modules`.

use lora_transformer::lora::Targets;
use lora_transformer::run_spec::{HeadSpec, RunSpec};
use lora_transformer::trained::Trained;

use super::common::Both;

fn found(both: &Both, targets: &Targets) -> Result<Vec<String>, String> {
    let net = &both.base.net;
    let sites = targets.sites(net).map_err(|error| error.to_string())?;
    Ok(sites.into_iter().map(|site| net.sites[site.0].name.clone()).collect())
}

fn names(names: &[&str]) -> Targets {
    Targets::Names(names.iter().map(|&name| name.to_owned()).collect())
}

fn pattern(pattern: &str) -> Targets {
    Targets::Pattern(pattern.to_owned())
}

/// PEFT takes a module whose name is one of the list, or ends with a dot and one of the list.
#[test]
fn names_are_whole_ends_between_dots() {
    let lists: [&[&str]; 8] = [
        &["query"],
        &["query", "value"],
        &["dense"],
        &["output.dense", "key"],
        &["q_proj", "mlp.down_proj"],
        &["q_lin", "ffn.lin1", "word_embeddings"],
        &["embed_tokens", "lm_head"],
        &["1.attention.self.query"],
    ];
    let mut matched = [0; 8];
    for both in Both::all() {
        for (list, matched) in lists.iter().zip(&mut matched) {
            let takes =
                |module: &str, name: &str| module == name || module.ends_with(&format!(".{name}"));
            let all = both.base.net.sites.iter().map(|info| info.name.clone());
            let wanted: Vec<String> =
                all.clone().filter(|m| list.iter().any(|name| takes(m, name))).collect();
            let every = list.iter().all(|name| all.clone().any(|module| takes(&module, name)));
            match found(&both, &names(list)) {
                Ok(found) => {
                    assert!(every && !wanted.is_empty());
                    assert_eq!(found, wanted, "{}: {list:?}", both.case.name);
                    *matched += 1;
                }
                Err(_) => assert!(!every, "{}: {list:?}", both.case.name),
            }
        }
    }
    assert!(matched.iter().all(|&count| count > 0), "every list fits some model: {matched:?}");
}

#[test]
fn counts_by_hand() {
    let bert = Both::named("BERT");
    let count = |targets: &Targets| found(&bert, targets).map_or(0, |found| found.len());
    // In each of two blocks; the pooler is a dense, too.
    assert_eq!(count(&names(&["query"])), 2);
    assert_eq!(count(&names(&["dense"])), 7);
    assert_eq!(count(&names(&["output.dense"])), 4);
    assert_eq!(count(&names(&["attention.output.dense"])), 2);
    assert_eq!(count(&names(&["bert.encoder.layer.1.attention.self.key"])), 1);
    // An end that does not begin at a dot is no name.
    for wrong in ["uery", "erence", "", ".query", "query.", "Query", "word_embeddings.weight"] {
        assert_eq!(count(&names(&[wrong])), 0, "{wrong}");
    }
}

#[test]
fn patterns_match_whole_names() {
    let both = Both::named("Llama");
    let count = |text: &str| found(&both, &pattern(text)).map_or(0, |found| found.len());
    assert_eq!(count(r".*\.(q|v)_proj"), 4);
    assert_eq!(count(r"model\.layers\.1\..*"), 7);
    assert_eq!(count(r".*"), both.base.net.sites.len());
    // The first branch alone would match a part of the name, and the second one all of it.
    assert_eq!(count(r"lm|lm_head"), 1);
    assert_eq!(count(r"(?i)LM_HEAD"), 1);
    for wrong in ["q_proj", r"model\.layers", "head$", "", "all-linear"] {
        assert_eq!(count(wrong), 0, "{wrong}");
    }
}

#[test]
fn what_is_no_regular_expression_is_refused_with_the_reason() {
    let both = Both::named("Llama");
    // The second would close the group that anchors a pattern, and the third is Python's alone.
    for wrong in ["(q_proj", "lm)_(head", "(?!lm_head).*", "[", "*"] {
        let error = found(&both, &pattern(wrong)).expect_err(wrong);
        let start = format!("target_modules: {wrong} is no regular expression: ");
        assert!(error.starts_with(&start) && error.len() > start.len() + 5, "{error}");
    }
}

#[test]
fn unknown_names_are_refused_with_those_that_are_valid() {
    for both in Both::all() {
        let valid = match both.case.name.split([' ', ',']).next() {
            Some("BERT") if both.case.name == "BERT" => {
                "word_embeddings, query, key, value, dense, classifier"
            }
            Some("DistilBERT") if both.case.name == "DistilBERT" => {
                "word_embeddings, q_lin, k_lin, v_lin, out_lin, lin1, lin2, pre_classifier, classifier"
            }
            Some("Qwen2") => {
                "embed_tokens, q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, lm_head"
            }
            _ => continue,
        };
        let error = |targets| found(&both, &targets).expect_err("no such module");
        let wanted = |what: &str| {
            format!("target_modules: no module matches {what}: this model has {valid}")
        };
        assert_eq!(error(names(&["c_attn"])), wanted("c_attn"));
        let first = both.base.net.sites[1].name.clone();
        assert_eq!(error(names(&[&first, "c_attn"])), wanted("c_attn"));
        assert_eq!(error(pattern("c_.*")), wanted("c_.*"));
        assert_eq!(error(names(&[])), wanted("an empty list"));
    }
}

/// PEFT leaves out the head of next tokens, and a classifier, which it saves whole. It takes the layer
/// before BERT's and DistilBERT's classifier, which have names of their own.
#[test]
fn all_linear_is_every_linear_module_but_the_heads() {
    for both in Both::all() {
        let found = found(&both, &Targets::AllLinear).expect("linear modules");
        let blocks = if both.case.config.family.is_causal() { 14 } else { 12 };
        let before_head = match both.case.name {
            "BERT" => vec!["bert.pooler.dense"],
            "DistilBERT" => vec!["pre_classifier"],
            _ => vec![],
        };
        assert_eq!(found[blocks..], before_head[..], "{}", both.case.name);
        let inside = |name: &String| name.contains("layer");
        assert!(found[..blocks].iter().all(inside), "{}: {found:?}", both.case.name);
    }
}

fn adapted(both: &Both, spec: &RunSpec) -> Result<Vec<String>, String> {
    let trained = Trained::lora(&both.base, spec).map_err(|error| error.to_string())?;
    let all = both.base.net.sites.iter().zip(&trained.adapters);
    let some = all.filter(|(_, adapter)| adapter.is_some());
    Ok(some.map(|(info, _)| info.name.clone()).collect())
}

/// PEFT excludes `modules_to_save` from the targets.
#[test]
fn a_module_that_is_trained_whole_has_no_adapter() {
    let both = Both::named("RoBERTa");
    let mut spec = both.spec();
    spec.lora.targets = names(&["dense", "out_proj"]);
    let with_head = adapted(&both, &spec).expect("a run");
    spec.head = None;
    let frozen = adapted(&both, &spec).expect("a run");
    let heads = ["classifier.dense", "classifier.out_proj"];
    assert_eq!(frozen, [&with_head[..], &heads.map(str::to_owned)[..]].concat());
    assert_eq!(with_head.len(), 6);
    // Of BERT's head the pooler keeps its adapter unless it is named, too.
    let both = Both::named("BERT");
    let mut spec = both.spec();
    spec.lora.targets = names(&["dense"]);
    assert_eq!(adapted(&both, &spec).expect("a run").len(), 7);
    let modules = ["classifier", "pooler"].map(str::to_owned).to_vec();
    spec.head = Some(HeadSpec { lr: 1e-3, modules });
    assert_eq!(adapted(&both, &spec).expect("a run").len(), 6);
    spec.lora.targets = names(&["classifier"]);
    let error = adapted(&both, &spec).expect_err("nothing is left");
    assert!(error.contains("target_modules") && error.contains("modules_to_save"), "{error}");
}

fn with(change: impl FnOnce(&mut RunSpec)) -> Result<Vec<String>, String> {
    let both = Both::named("Llama");
    let mut spec = both.spec();
    change(&mut spec);
    adapted(&both, &spec)
}

#[test]
fn excluded_modules_are_left_out_of_all_targets() {
    let all = with(|_| ()).expect("a run");
    let found = with(|spec| spec.lora.exclude = Some(names(&["down_proj", "0.self_attn.q_proj"])));
    let left_out =
        |name: &String| name.ends_with("down_proj") || name == "model.layers.0.self_attn.q_proj";
    let wanted: Vec<String> = all.iter().filter(|name| !left_out(name)).cloned().collect();
    assert_eq!((found, wanted.len()), (Ok(wanted), all.len() - 3));
    let found = with(|spec| spec.lora.exclude = Some(pattern(r".*\.(mlp\..*|[kvo]_proj)")));
    let wanted = ["0", "1"].map(|block| format!("model.layers.{block}.self_attn.q_proj"));
    assert_eq!(found, Ok(wanted.to_vec()));
    let refused = |exclude: Targets| with(|spec| spec.lora.exclude = Some(exclude));
    let error = refused(names(&["q_proj", "c_attn"])).expect_err("no such module");
    assert!(error.starts_with("exclude_modules: no module matches c_attn: "), "{error}");
    let error = refused(pattern(".*")).expect_err("nothing is left");
    assert_eq!(error, "target_modules: exclude_modules leaves no module to adapt");
}

/// PEFT heeds `layers_to_transform` for names alone, and a module that is named in full counts anyway.
#[test]
fn blocks_are_chosen_by_their_numbers() {
    let blocks = |targets: Targets, layers: &[usize]| {
        with(|spec| (spec.lora.targets, spec.lora.layers) = (targets, layers.to_vec()))
    };
    let of = |block: usize| vec![format!("model.layers.{block}.self_attn.q_proj")];
    let q = || names(&["q_proj"]);
    assert_eq!(blocks(q(), &[1]), Ok(of(1)));
    assert_eq!(blocks(q(), &[1, 0]), Ok([of(0), of(1)].concat()));
    assert_eq!(blocks(pattern(".*q_proj"), &[0]), Ok(of(0)));
    assert_eq!(blocks(Targets::AllLinear, &[1]).map(|found| found.len()), Ok(7));
    // The embedding is in no block, and neither is the head, but `lm_head` is its name in full.
    assert_eq!(blocks(names(&["q_proj", "embed_tokens"]), &[1]), Ok(of(1)));
    let in_full = names(&["q_proj", "lm_head", "model.layers.0.mlp.up_proj"]);
    let wanted = ["model.layers.0.mlp.up_proj", "model.layers.1.self_attn.q_proj", "lm_head"];
    assert_eq!(blocks(in_full, &[1]), Ok(wanted.map(str::to_owned).to_vec()));
    let error = blocks(q(), &[0, 2]).expect_err("no such block");
    assert_eq!(
        error,
        "layers_to_transform = 2 is out of range: this model has 2 blocks, which count from 0"
    );
    let error = blocks(names(&["embed_tokens"]), &[0]).expect_err("nothing is left");
    assert_eq!(error, "target_modules: layers_to_transform leaves no module to adapt");
}

#[test]
fn patterns_of_ranks_and_alphas_match_one_adapted_module_at_least_and_do_not_contradict() {
    let ranks = |patterns: &[(&str, usize)]| {
        with(|spec| {
            spec.lora.targets = names(&["q_proj", "down_proj"]);
            let pairs = patterns.iter().map(|&(text, rank)| (text.to_owned(), rank));
            spec.lora.rank_pattern = pairs.collect();
        })
    };
    let all: [&[(&str, usize)]; 3] = [
        &[("q_proj", 2)],
        &[("^model.layers.0.self_attn.q_proj", 2), ("1.self_attn.q_proj", 1)],
        &[("q_proj|down_proj", 2), ("0.mlp.down_proj", 2)],
    ];
    for good in all {
        assert_eq!(ranks(good).map(|found| found.len()), Ok(4), "{good:?}");
    }
    for wrong in ["k_proj", "proj", "q_pro", "layers.2.*", ""] {
        let error = ranks(&[(wrong, 2), ("q_proj", 1)]).expect_err(wrong);
        let wanted = format!(
            "rank_pattern: no adapted module matches {wrong}: LoRA is on q_proj, down_proj"
        );
        assert_eq!(error, wanted);
    }
    assert_eq!(
        ranks(&[("q_proj", 2), (".*1.*", 1)]),
        Err("rank_pattern: .*1.* and q_proj both match model.layers.1.self_attn.q_proj and differ: \
             write patterns of which one matches"
            .to_owned())
    );
    let error = ranks(&[("q_proj)|(down_proj", 2)]).expect_err("no expression");
    let start = "rank_pattern: q_proj)|(down_proj is no regular expression: ";
    assert!(error.starts_with(start), "{error}");
    let error = with(|spec| spec.lora.alpha_pattern = [("q_proj".to_owned(), 1e300)].into());
    assert!(error.expect_err("infinite in f32").starts_with("alpha_pattern = 1"), "as one number");
}

/// A module that is trained whole has no adapter, so no rank either.
#[test]
fn a_pattern_does_not_match_what_is_trained_whole() {
    let both = Both::named("RoBERTa");
    let mut spec = both.spec();
    spec.lora.targets = names(&["dense"]);
    spec.lora.rank_pattern.insert("classifier.dense".to_owned(), 2);
    let error = adapted(&both, &spec).expect_err("trained whole");
    assert!(
        error.starts_with("rank_pattern: no adapted module matches classifier.dense"),
        "{error}"
    );
    spec.head = None;
    assert!(adapted(&both, &spec).is_ok());
}
