"""From a master file to streams that play: shots, probes, ladder, renditions, gate, packages."""
