"""What somebody logs in with: a password, and the email by which it is set anew (1.2)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api import authentication as tokens
from api.accepting import accept, asked
from api.clients import client_of
from api.permissions import account_id
from api.schema import answers, starts_job
from api.serializers.auth import (
    EmailVerificationConfirmationForm,
    PasswordForm,
    PasswordResetConfirmationForm,
    PasswordResetForm,
)
from api.serializers.base import Nothing
from api.views.auth import TokenView
from api.views.base import View
from shop.customers import passwords, profile
from shop.customers.guessing import TooManyAttempts
from shop.customers.mailed_tokens import TooManyLetters, UnusableToken
from tasks.acceptance import accounts


class PasswordView(View):
    """The caller's password."""

    throttle = "password"

    @answers(
        None,
        PasswordForm,
        status=204,
        summary="Change the password",
        refuses=(
            *(passwords.WrongPassword, passwords.WeakNewPassword, passwords.PasswordProtected),
            TooManyAttempts,
        ),
    )
    def post(self, request: Request) -> Response:
        """End all other logins of the account; this one goes on.

        A wrong `current_password` is `wrong_password`; after some of them the answer is
        `too_many_attempts`, as for a login. The customer is told of the change.
        """
        caller = account_id(request)
        form = PasswordForm.parse(request)
        accounts.change_password(
            account_id=caller,
            login_id=tokens.own_login_id(request),
            client=client_of(request),
            asked=asked(request, None),
            **form,
        )
        return Response(status=204)


class PasswordResetsView(TokenView):
    """Letters by which a forgotten password is set anew."""

    throttle = "letter"

    @starts_job(
        "password_reset", PasswordResetForm, summary="Have a token for a new password mailed"
    )
    def post(self, request: Request) -> Response:
        """Start the job `password_reset`.

        Anyone may. Whether the email is that of an account is told by neither the answer nor the
        job, whose result is empty: the letter has a token for
        `POST /auth/password-resets/confirm`, which works once and for an hour.
        """
        form = PasswordResetForm.parse(request)
        return accept(
            request, lambda key: accounts.ask_for_reset(asked=asked(request, key), **form)
        )


class PasswordResetConfirmationView(TokenView):
    """The use of such a letter."""

    @answers(
        None,
        PasswordResetConfirmationForm,
        status=204,
        summary="Choose a new password",
        refuses=(UnusableToken, passwords.WeakNewPassword),
    )
    def post(self, request: Request) -> Response:
        """Set the password of the token's account, and end all of its logins.

        A token that does not work is `unusable_token`. One for which a `weak_password` was chosen
        still works.
        """
        form = PasswordResetConfirmationForm.parse(request)
        accounts.reset_password(client=client_of(request), asked=asked(request, None), **form)
        return Response(status=204)


class EmailVerificationsView(View):
    """Letters by which people show that an email address is theirs."""

    throttle = "letter"

    @starts_job(
        "email_verification",
        summary="Have a token to verify the email mailed",
        refuses=(accounts.EmailVerified,),
        fails={"issue_token": (TooManyLetters,)},
    )
    def post(self, request: Request) -> Response:
        """Start the job `email_verification`, as each registration does.

        The letter has a token for `POST /auth/email-verifications/confirm`, which works once and
        for three days. Nothing depends on it: an email that is not verified is no hindrance.
        """
        caller = account_id(request)
        Nothing.parse(request)
        return accept(
            request,
            lambda key: accounts.ask_for_verification(account_id=caller, asked=asked(request, key)),
        )


class EmailConfirmationView(TokenView):
    """The use of such a letter."""

    @answers(
        None,
        EmailVerificationConfirmationForm,
        status=204,
        summary="Verify an email",
        refuses=(UnusableToken,),
    )
    def post(self, request: Request) -> Response:
        """Note that the email of the token's account is its owner's; see `GET /me`.

        Whoever has the token may. One that does not work is `unusable_token`.
        """
        form = EmailVerificationConfirmationForm.parse(request)
        profile.verify_email(token=form["token"])
        return Response(status=204)
