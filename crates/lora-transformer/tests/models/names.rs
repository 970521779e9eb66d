//! Parameters and modules have the names and shapes of checkpoints.

use std::collections::BTreeSet;

use lora_checkpoint::{expected, optional};
use lora_transformer::batch::Batch;
use lora_transformer::lora::Targets;
use lora_transformer::net::{Head, Net, Param, Pooling, Role, Site, Task};
use lora_transformer::observe::{Observer, Seen};
use lora_transformer::run_spec::RunSpec;
use lora_transformer::trainer::Trainer;

use super::common::{Both, everywhere};

type Shapes = BTreeSet<(String, Vec<usize>)>;

fn shapes(net: &Net) -> Shapes {
    let all: Shapes =
        net.params.iter().map(|info| (info.name.clone(), info.shape.clone())).collect();
    assert_eq!(all.len(), net.params.len(), "no name is there twice");
    all
}

/// What a head has that [`optional`] does not list: a mean-pooled classifier has no layer of its family.
fn head(both: &Both) -> Shapes {
    let Head::Classifier { pooling: Pooling::Mean, .. } = both.base.net.head else {
        return optional(&both.case.config).into_iter().collect();
    };
    let (labels, width) = (both.case.config.labels.expect("labels"), both.case.config.width);
    Shapes::from([
        ("classifier.weight".to_owned(), vec![labels, width]),
        ("classifier.bias".to_owned(), vec![labels]),
    ])
}

#[test]
fn parameters_are_the_tensors_of_checkpoints() {
    for both in Both::all() {
        let body: Shapes = expected(&both.case.config).into_iter().collect();
        let all: Shapes = body.union(&head(&both)).cloned().collect();
        assert_eq!(shapes(&both.base.net), all, "{}", both.case.name);
        let hidden = Net::new(&both.case.config, Task::Hidden);
        assert_eq!(shapes(&hidden), body, "{}", both.case.name);
        assert_eq!(hidden.params[..], both.base.net.params[..both.base.net.head_from]);
    }
}

#[test]
fn modules_that_can_be_adapted_are_those_with_a_matrix_that_takes_vectors_or_tokens() {
    for both in Both::all() {
        let net = &both.base.net;
        let mut wanted: BTreeSet<(String, [usize; 2])> = (0..net.params.len())
            .map(Param)
            .filter(|param| net.params[param.0].role == Role::Linear)
            .map(|param| {
                let shape = &net.params[param.0].shape;
                (net.module(param).to_owned(), [shape[1], shape[0]])
            })
            .collect();
        let config = &both.case.config;
        let tokens = net.module(net.embedding.tokens).to_owned();
        wanted.insert((tokens, [config.vocabulary, config.width]));
        if config.tied_head {
            wanted.insert(("lm_head".to_owned(), [config.width, config.vocabulary]));
        }
        let found: Vec<_> =
            net.sites.iter().map(|info| (info.name.clone(), [info.inputs, info.outputs])).collect();
        assert_eq!(found.len(), wanted.len(), "{}", both.case.name);
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), wanted, "{}", both.case.name);
        for (index, info) in net.sites.iter().enumerate() {
            assert_eq!(net.site(&info.name), Some(Site(index)));
            assert_eq!(info.embedding, index == 0);
            let number = info.name.split('.').find_map(|part| part.parse::<usize>().ok());
            assert_eq!(info.block, number, "{}", info.name);
        }
    }
}

/// Sites in the order in which they were seen.
#[derive(Default)]
struct Order(Vec<Site>);

impl Observer for Order {
    fn site(&mut self, site: Site, _: Seen<'_>) {
        self.0.push(site);
    }

    fn other(&mut self, _: &dyn Fn() -> String, _: &[f32]) {}
}

#[test]
fn sites_are_numbered_in_the_order_of_the_forward_pass() {
    for both in Both::all() {
        let mut spec = RunSpec { head: None, ..both.spec() };
        spec.lora.targets = everywhere();
        let trainer = Trainer::new(&both.base, &spec).expect("a run");
        let Order(seen) = trainer.observe(&Batch::new(&both.batch[..1]), Order::default());
        assert!(seen.into_iter().eq((0..both.base.net.sites.len()).map(Site)));
        let found = Targets::Pattern(".*".to_owned()).sites(&both.base.net).expect("all");
        assert!(found.is_sorted() && found.len() == both.base.net.sites.len());
    }
}
