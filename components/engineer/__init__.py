"""Recipe step 2, engineer: date parts and encodings, which make a numeric matrix with names.

The step itself is ``components._recipe.engineer``. What the stage adds is the gate, which tries blocks of
derived features and keeps those that pay::

    gate                  tries one block after another
      workload              how much it may compute
      gate_rows             the rows that it fits and scores on, fold by fold
      fold_features         their features
      candidates            the blocks to try
      block_choice          what was tried and what is kept

A quick model judges them, see ``components._quick_model``.
"""
