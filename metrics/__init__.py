"""Ground floor: what a segmentation is and how it is measured. Knows neither refiners nor bench."""
