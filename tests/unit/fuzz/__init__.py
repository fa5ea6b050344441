"""Every parser of foreign text and every configuration, fed with damaged samples."""
