//! What one step does to the features Z_B, whatever the readout makes of it.

use lora_types::FeatureRegime;

use crate::{Size, Snapshot};

/// The regime of the LoRA features, from the sizes of Z_B and of δ1, δ2, δ3. \[P\]
pub fn feature_regime(z_b: Size, [delta1, delta2, delta3]: [Size; 3]) -> FeatureRegime {
    let deltas = [delta1, delta2, delta3];
    if z_b == Size::Exploding || deltas.contains(&Size::Exploding) {
        FeatureRegime::Unstable
    } else if delta1 == Size::OrderOne && delta2 == Size::OrderOne {
        FeatureRegime::Efficient
    } else if deltas.contains(&Size::OrderOne) {
        FeatureRegime::Learning
    } else {
        FeatureRegime::Lazy
    }
}

impl From<&Snapshot> for FeatureRegime {
    fn from(snapshot: &Snapshot) -> Self {
        let deltas = [snapshot.delta1, snapshot.delta2, snapshot.delta3].map(Size::from);
        feature_regime(snapshot.z_b.into(), deltas)
    }
}
