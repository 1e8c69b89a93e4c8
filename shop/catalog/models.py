"""Tables of products, authors and categories, with the rules that hold whatever the code does."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from shop.catalog import names, vectors
from shop.core import money


class Kind(models.TextChoices):
    """What a product is; the warehouse has a capacity for each."""

    BOOK = "book"
    CLOTHES = "clothes"
    ELECTRONICS = "electronics"


class Author(models.Model):
    """Who wrote books (2.1.1)."""

    id = models.BigAutoField(primary_key=True)
    author_name = models.CharField(max_length=200)
    # The name as `shop.core.text.fold` makes it, for searching.
    name_folded = models.TextField(editable=False)
    email = models.EmailField(max_length=254, blank=True)
    address = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(author_name=""), name="author_name_not_empty"),
        ]
        indexes: ClassVar = [
            GinIndex(names.Triples("name_folded"), name="author_name_triples", fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.author_name


class Category(models.Model):
    """A shelf that books stand on (2.1.2). Its name is unique without regard to case."""

    id = models.BigAutoField(primary_key=True)
    category_name = models.CharField(max_length=100)
    # The name in one case. Stored, since lower() of some databases knows only ASCII letters.
    name_key = models.TextField(editable=False)
    name_folded = models.TextField(editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "categories"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name_key"], name="category_name_unique"),
            models.CheckConstraint(condition=~Q(category_name=""), name="category_name_not_empty"),
        ]

    def __str__(self) -> str:
        return self.category_name


class Product(models.Model):
    """Anything that carts, stock and orders take, whatever its kind. It is never removed."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20, choices=Kind)
    title = models.CharField(max_length=300)
    price = models.DecimalField(max_digits=money.MAX_DIGITS, decimal_places=money.DECIMAL_PLACES)
    currency = models.CharField(max_length=3)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # When it left the shop; orders that hold it stay whole.
    deleted_at = models.DateTimeField(null=True, editable=False)
    # The words that find it, as `search.document` makes them.
    search = SearchVectorField(editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="product_kind_known"),
            models.CheckConstraint(condition=~Q(title=""), name="product_title_not_empty"),
            models.CheckConstraint(
                condition=Q(price__gte=0, price__lte=money.MAX_PRICE), name="product_price_in_range"
            ),
            models.CheckConstraint(
                condition=Q(currency__regex="^[A-Z]{3}$"), name="product_currency_is_a_code"
            ),
        ]
        indexes: ClassVar = [
            # Written at once: whoever searches would read what waits to be, each time.
            GinIndex(
                fields=["search"],
                name="product_search",
                condition=Q(deleted_at__isnull=True),
                fastupdate=False,
            ),
            # For what is rare among the products, as clothes are in a bookshop.
            models.Index(
                fields=["kind", "id"],
                name="product_of_a_kind",
                condition=Q(deleted_at__isnull=True),
            ),
            # Of deleted ones too: PostgreSQL takes no statistics from an index of some rows.
            GinIndex(vectors.TitleOnly("search"), name="product_title_search", fastupdate=False),
            models.Index(
                vectors.WholeTitle("search"),
                "id",
                name="product_whole_title",
                condition=Q(deleted_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Word(models.Model):
    """A word that finds a product, or found one that has left the shop."""

    # Ordered by its letters alone, so that those with one beginning stand together.
    word = models.TextField(primary_key=True, db_collation="C")
    # What finds it when it is mistyped, as `spelling.shapes` makes them.
    shapes = ArrayField(models.IntegerField())

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["shapes"], name="word_shapes", fastupdate=False)]

    def __str__(self) -> str:
        return self.word


class Book(models.Model):
    """What a product of kind book has beside (2.1.3). Its id is its product's."""

    product = models.OneToOneField(Product, on_delete=models.PROTECT, primary_key=True)
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="books")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="books")
    published_date = models.DateField()

    def __str__(self) -> str:
        return f"book {self.pk}"


class Electronics(models.Model):
    """What a product of kind electronics has beside (2.2). Its id is its product's."""

    product = models.OneToOneField(Product, on_delete=models.PROTECT, primary_key=True)
    brand = models.CharField(max_length=100)
    model = models.CharField(max_length=100)

    class Meta:
        verbose_name_plural = "electronics"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(brand=""), name="electronics_brand_not_empty"),
            models.CheckConstraint(condition=~Q(model=""), name="electronics_model_not_empty"),
        ]

    def __str__(self) -> str:
        return f"electronics {self.pk}"


class Clothes(models.Model):
    """What a product of kind clothes has beside (2.3). Its id is its product's."""

    product = models.OneToOneField(Product, on_delete=models.PROTECT, primary_key=True)
    brand = models.CharField(max_length=100)
    size = models.CharField(max_length=50)
    color = models.CharField(max_length=50)

    class Meta:
        verbose_name_plural = "clothes"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(brand=""), name="clothes_brand_not_empty"),
            models.CheckConstraint(condition=~Q(size=""), name="clothes_size_not_empty"),
            models.CheckConstraint(condition=~Q(color=""), name="clothes_color_not_empty"),
        ]

    def __str__(self) -> str:
        return f"clothes {self.pk}"
