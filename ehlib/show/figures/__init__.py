"""Charts that show a statistical method: variation over time, funnels, profiles and gradients."""
