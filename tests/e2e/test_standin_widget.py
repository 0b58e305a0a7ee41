"""What Papercups' widget asks, without any key, as the stand-in answers it."""

from urllib.parse import urlencode

import pytest
from papercups import ACCOUNT_A, ACCOUNT_B, NO_ID, TwoAccounts


@pytest.fixture
def papercups(tmp_path):
    standin = TwoAccounts(tmp_path)
    yield standin
    standin.stop()


@pytest.fixture
def a(papercups):
    return papercups.a


@pytest.fixture
def identify(a):
    """The id of the row that the widget takes."""

    def asked(external_id="ada", account=ACCOUNT_A, **more):
        query = urlencode({"account_id": account[1], "external_id": external_id, **more})
        return a.call("GET", f"/api/customers/identify?{query}", Authorization="").data["customer_id"]

    return asked


@pytest.fixture
def listed(a):
    """The ids of the rows that the list of customers has."""
    return lambda **query: {row["id"] for row in a.get(f"customers?{urlencode(query)}").data}


def later(client, seconds):
    client.control("clock", ahead_s=seconds)


def test_the_widget_takes_the_newest_row_of_its_own_host_and_of_no_other(a, identify):
    shop = a.create_customer("ada")["id"]
    later(a, 1)
    blog = a.create_customer("ada", host="blog.example")["id"]
    later(a, 2)
    nowhere = a.create_customer("ada", host=None)["id"]
    assert [identify(host=host) for host in ("shop.example", "blog.example", "other.example")] == [shop, blog, None]
    assert identify() == nowhere
    later(a, 3)
    newer = a.create_customer("ada")["id"]
    assert identify(host="Shop.Example") == newer
    a.call("PUT", f"/api/v1/customers/{shop}", {"customer": {"name": "Ada"}})
    later(a, 4)
    a.call("PUT", f"/api/v1/customers/{shop}", {"customer": {"name": "Ada L."}})
    assert identify(host="shop.example") == shop


def test_where_the_page_gives_an_e_mail_a_row_without_one_is_none(a, identify):
    row = a.create_customer("ada")["id"]
    assert [identify(host="shop.example", email=email) for email in ("", "ada@shop.example")] == [row, None]
    a.call("PUT", f"/api/v1/customers/{row}", {"customer": {"email": "Ada@shop.example"}})
    emails = ["ada@SHOP.example", "eve@shop.example", "%@shop.example", "ad_@shop.example", ""]
    assert [identify(host="shop.example", email=email) for email in emails] == [row, None, row, row, row]


@pytest.mark.parametrize(
    "pattern, fits",
    [
        ("a.b", "a.b"),
        ("a%b", "ab"),
        ("a%b", "axxbxb"),
        ("%%", "x"),
        ("_", "ä"),
        ("__.b", "ää.b"),
        (r"a\_b", "a_b"),
        (r"a\%", "a%"),
        ('a"b', 'a"b'),
    ],
)
def test_a_host_is_asked_for_by_a_pattern(a, identify, listed, pattern, fits):
    row = a.create_customer("ada", host=fits)["id"]
    assert identify(host=pattern) == row and listed(external_id="ada", host=pattern) == {row}


@pytest.mark.parametrize("pattern, other", [("a%b", "abx"), ("_", "ab"), (r"a\_b", "axb"), ("a", "ab"), ("ab", "a")])
def test_what_does_not_fit_the_pattern_is_not_found(a, identify, listed, pattern, other):
    a.create_customer("ada", host=other)
    assert identify(host=pattern) is None and listed(external_id="ada", host=pattern) == set()


def test_customers_are_listed_by_host_and_e_mail_whether_or_not_by_external_id(a, listed):
    shop = a.create_customer("ada", email="ada@shop.example")["id"]
    bob = a.create_customer("bob", host="blog.example", email="bob@blog.example")["id"]
    a.create_customer("eve", host=None)
    assert listed(external_id="ada", host="SHOP.example", email="ADA@shop.example") == {shop}
    assert listed(external_id="ada", host="blog.example") == set()
    assert listed(host="%.example") == {shop, bob}
    assert listed(email="bob@%") == {bob}


def test_an_account_that_is_none_and_a_question_that_is_none_are_told(a, identify):
    a.create_customer("ada")
    assert identify(account=ACCOUNT_B) is None
    told = a.call("GET", f"/api/customers/identify?account_id={NO_ID}&external_id=ada")
    assert (told.status, told.json["error"]["message"][:40]) == (404, f"No account found with ID: {NO_ID}"[:40])
    assert a.call("GET", f"/api/customers/identify?account_id={ACCOUNT_A[1]}").status == 400
    assert a.call("GET", "/api/customers/identify?account_id=x&external_id=ada").status == 400


def test_a_stranger_makes_a_row_without_a_key_and_it_is_the_widgets(a, identify):
    ada = a.create_customer("ada")["id"]
    later(a, 1)
    row = {"account_id": ACCOUNT_A[1], "external_id": "ada", "host": "shop.example", "email": "e_e@shop.example"}
    made = a.call("POST", "/api/customers", {"customer": row}, Authorization="")
    assert made.status == 201
    assert identify(host="shop.example") == made.data["id"] != ada
    assert a.call("POST", "/api/customers", {"customer": {"external_id": "ada"}}).status == 422


def test_an_answers_date_is_its_clocks(a):
    later(a, 400_000_000)
    assert int(a.get("me").headers["date"].split()[3]) >= 2038


@pytest.mark.parametrize("wrong", [{"ahead_s": -1}, {"ahead_s": "1"}, {"ahead_s": 1.5}])
def test_a_clock_that_is_none_is_refused(a, wrong):
    assert a.call("POST", "/_standin/clock", wrong).status == 400
