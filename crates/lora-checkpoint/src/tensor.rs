//! Tensors in memory, with the numbers that the file has.

use std::borrow::Cow;

use half::{bf16, f16};

/// The numbers of a tensor, as they are on disk. Quantised blocks become `F32`.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// 32 bits.
    F32(Vec<f32>),
    /// 16 bits, with 5 for the exponent.
    F16(Vec<f16>),
    /// 16 bits, with 8 for the exponent.
    BF16(Vec<bf16>),
}

/// A tensor in row-major order. The weight of a linear module has the shape \[out, in\].
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Length along each axis; none for a single number.
    pub shape: Vec<usize>,
    /// As many numbers as the shape says.
    pub data: Data,
}

impl Data {
    /// How many numbers there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
            Self::BF16(values) => values.len(),
        }
    }

    /// Whether there are no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What they take in memory, and on disk after writing.
    pub fn bytes(&self) -> u64 {
        let each = if matches!(self, Self::F32(_)) { 4 } else { 2 };
        self.len() as u64 * each
    }
}

impl Tensor {
    /// A tensor of 32-bit numbers.
    ///
    /// ```
    /// use lora_checkpoint::Tensor;
    /// assert_eq!(Tensor::f32(&[2, 1], vec![1.0, 2.0]).len(), 2);
    /// ```
    pub fn f32(shape: &[usize], values: Vec<f32>) -> Self {
        Self { shape: shape.to_owned(), data: Data::F32(values) }
    }

    /// Its numbers in 32 bits, which hold every number of 16 bits exactly.
    pub fn to_f32(&self) -> Vec<f32> {
        match &self.data {
            Data::F32(values) => values.clone(),
            Data::F16(values) => values.iter().map(|value| value.to_f32()).collect(),
            Data::BF16(values) => values.iter().map(|value| value.to_f32()).collect(),
        }
    }

    /// As [`to_f32`](Self::to_f32), borrowed where they are in 32 bits already.
    pub fn as_f32(&self) -> Cow<'_, [f32]> {
        match &self.data {
            Data::F32(values) => Cow::Borrowed(values),
            _ => Cow::Owned(self.to_f32()),
        }
    }

    /// As [`to_f32`](Self::to_f32), without a copy of what is in 32 bits already.
    pub fn into_f32(self) -> Vec<f32> {
        match self.data {
            Data::F32(values) => values,
            _ => self.to_f32(),
        }
    }

    /// How many numbers it has.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether it has no numbers.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Where the first NaN or infinity is.
    pub fn first_not_finite(&self) -> Option<usize> {
        match &self.data {
            Data::F32(values) => values.iter().position(|value| !value.is_finite()),
            Data::F16(values) => values.iter().position(|value| !value.is_finite()),
            Data::BF16(values) => values.iter().position(|value| !value.is_finite()),
        }
    }

    /// Whether there are as many numbers as the shape says.
    pub(crate) fn is_whole(&self) -> bool {
        product(&self.shape) == Some(self.len())
    }
}

/// How many numbers a shape has; none if they cannot be counted.
pub(crate) fn product(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |all, &axis| all.checked_mul(axis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_gives_its_numbers_and_its_first_nan() {
        let kinds = [
            Data::F32(vec![1.5, -2.0, f32::NAN]),
            Data::F16(vec![f16::from_f32(1.5), f16::from_f32(-2.0), f16::NAN]),
            Data::BF16(vec![bf16::from_f32(1.5), bf16::from_f32(-2.0), bf16::INFINITY]),
        ];
        for (data, bytes) in kinds.into_iter().zip([12, 6, 6]) {
            assert_eq!(data.bytes(), bytes);
            let tensor = Tensor { shape: vec![3], data };
            assert_eq!(tensor.to_f32()[..2], [1.5, -2.0]);
            assert_eq!(tensor.as_f32()[..2], [1.5, -2.0]);
            assert_eq!(tensor.first_not_finite(), Some(2));
            assert!(tensor.is_whole());
            assert_eq!(tensor.into_f32()[..2], [1.5, -2.0]);
        }
        assert!(!Tensor::f32(&[2, 2], vec![0.0; 3]).is_whole());
        assert_eq!(product(&[usize::MAX, 2]), None);
        assert_eq!(product(&[]), Some(1));
    }
}
