"""Where answers come from: the `ModelStore` contract and its peers."""
