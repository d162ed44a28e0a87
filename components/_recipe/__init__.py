"""The recipe: steps that turn raw rows into a numeric matrix with names.

``recipe`` joins the steps, one module per stage: ``preprocess``, ``engineer`` and ``select``. What engineer
learns from training rows has modules of its own::

    date_parts            which parts of dates vary
    texts                 the words of texts
    category_statistics   what training rows get of categories, without their own target
      target_means          mean targets
      derivations           derived features
      crosses               pairs of categories

``model_input`` gives a table the form that a compiled model reads.
"""
