"""Predicts all rows of a table, shard by shard, and checks that each row has one prediction."""
