"""Recipe step 1, clean: types, nulls, outliers beyond the IQR fences, standardisation, rare categories."""
