"""The product: what is in a dose, in particles and copies, and how sure we are."""

from exodyn.product.exosomes import PRODUCTS, Product, get_product

__all__ = ["PRODUCTS", "Product", "get_product"]
