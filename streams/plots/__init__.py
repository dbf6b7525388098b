"""Plots of the metrics by day: as SVG, as PNG, and in a terminal."""
