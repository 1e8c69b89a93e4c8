"""All that the shop has of one person."""

from api.serializers.auth import SessionShape
from api.serializers.base import Shape
from api.serializers.carts import CartShape
from api.serializers.customers import CustomerShape
from api.serializers.jobs import JobShape
from api.serializers.notifications import NotificationShape
from api.serializers.orders import OrderShape, PaymentShape


class ExportShape(Shape):
    """An account, and all that belongs to it."""

    account = CustomerShape()
    cart = CartShape(allow_null=True)
    orders = OrderShape(many=True)
    payments = PaymentShape(many=True)
    notifications = NotificationShape(many=True)
    jobs = JobShape(many=True)
    sessions = SessionShape(many=True)
