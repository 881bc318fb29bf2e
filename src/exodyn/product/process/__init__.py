"""Making the product: spins, filters and columns as mass balances over size, protein and lipoprotein."""
