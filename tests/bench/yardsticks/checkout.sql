-- A checkout of three lines in one transaction: no job, no queue, no HTTP, nobody who asks.
\set i :i + 1
\set cart :client_id * :carts + :i
\set first random(1, 120)
\set second random(121, 240)
\set third random(241, 360)
BEGIN;
DELETE FROM cart_item WHERE cart_id = :cart;
INSERT INTO "order" (customer_id, status, total) VALUES (:cart, 'paid', 300000) RETURNING id AS order_id \gset
UPDATE stock SET reserved = reserved + 1 WHERE product_id = :first AND on_hand - reserved >= 1;
INSERT INTO order_line SELECT :order_id, id, title, 1, price FROM product WHERE id = :first;
UPDATE stock SET reserved = reserved + 1 WHERE product_id = :second AND on_hand - reserved >= 1;
INSERT INTO order_line SELECT :order_id, id, title, 1, price FROM product WHERE id = :second;
UPDATE stock SET reserved = reserved + 1 WHERE product_id = :third AND on_hand - reserved >= 1;
INSERT INTO order_line SELECT :order_id, id, title, 1, price FROM product WHERE id = :third;
INSERT INTO payment (order_id, amount, status) VALUES (:order_id, 300000, 'captured');
INSERT INTO notification (customer_id, order_id, body) VALUES (:cart, :order_id, 'Your order is paid.');
COMMIT;
