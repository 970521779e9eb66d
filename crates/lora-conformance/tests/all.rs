//! All tests of the independent references, as one program, since each program of its own would be linked anew.

mod adjoint;
mod bounds;
mod controls;
mod gradients;
mod invariances;
mod random_sizes;
mod strategies;
mod transformer_adapters;
mod transformer_gradients;
mod transformer_shapes;
mod transformer_symmetries;
mod transformer_values;
