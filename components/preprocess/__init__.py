"""Recipe step 1, preprocess: types, nulls, outliers beyond IQR fences, standardisation, rare categories."""
