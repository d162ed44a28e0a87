"""The recipe: steps that turn raw rows into a numeric matrix with names, one module per stage."""
