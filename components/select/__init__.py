"""Recipe step 3, select: which features carry signal."""
