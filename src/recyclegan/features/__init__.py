"""From pictures to numbers of a pretrained network, computed once for each picture."""
