-- The tables of a checkout without a shop around them, and the carts that it empties.
DROP TABLE IF EXISTS cart_item, order_line, payment, notification, "order", stock, product;
CREATE TABLE product (id bigint PRIMARY KEY, title text NOT NULL, price numeric(12, 2) NOT NULL);
CREATE TABLE stock (
    product_id bigint PRIMARY KEY REFERENCES product,
    on_hand integer NOT NULL,
    reserved integer NOT NULL DEFAULT 0 CHECK (reserved <= on_hand)
);
CREATE TABLE cart_item (
    cart_id bigint, product_id bigint REFERENCES product, quantity integer NOT NULL,
    PRIMARY KEY (cart_id, product_id)
);
CREATE TABLE "order" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL, status text NOT NULL, total numeric(12, 2) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE order_line (
    order_id bigint REFERENCES "order", product_id bigint REFERENCES product,
    title text NOT NULL, quantity integer NOT NULL, unit_price numeric(12, 2) NOT NULL,
    PRIMARY KEY (order_id, product_id)
);
CREATE TABLE payment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL UNIQUE REFERENCES "order", amount numeric(12, 2) NOT NULL,
    status text NOT NULL
);
CREATE TABLE notification (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL, order_id bigint NOT NULL REFERENCES "order", body text NOT NULL
);
INSERT INTO product SELECT n, 'Book ' || n, 100000 FROM generate_series(1, 360) n;
INSERT INTO stock SELECT n, 1000000 FROM generate_series(1, 360) n;
