"""What those who write a connector test it with: the contract that it must keep, and fakes that keep it."""

from listino.testing.erp_contract import ErpContract as ErpContract
from listino.testing.erp_contract import Rig as Rig
from listino.testing.fake_erp import FakeErp as FakeErp
