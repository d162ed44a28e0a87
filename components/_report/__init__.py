"""Report pages: one self-contained HTML file each, alike in every stage."""
