"""Recipe step 3, select: which features are kept."""
