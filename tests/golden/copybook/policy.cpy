000100*----------------------------------------------------------------
000200* A POLICY: WHO IS INSURED, WHAT IS COVERED, WHAT WAS PAID
000300*----------------------------------------------------------------
000400 01  POLICY-RECORD.                                               POL00010
000500     05  POLICY-KEY.                                              POL00020
000600         10  POLICY-NR         PIC 9(8)      COMP.                POL00030
000700         10  REVISION          PIC 9(2).                          POL00040
000800     05  POLICY-KIND           PIC X.                             POL00050
000900         88  IS-LIFE           VALUE 'L'.                         POL00060
001000         88  IS-CAR            VALUE 'C'.                         POL00070
001100     05  HOLDER.                                                  POL00080
001200         COPY ADDRESS REPLACING ==:TAG:== BY ==HOLDER==.          POL00090
001300     05  LIFE-PART.                                               POL00100
001400         10  INSURED-BORN      PIC 9(8).                          POL00110
001500         10  SUM-INSURED       PIC S9(9)V99  COMP-3.              POL00120
001600         10  SMOKER            PIC X.                             POL00130
001700     05  CAR-PART REDEFINES LIFE-PART.                            POL00140
001800         10  PLATE             PIC X(9).                          POL00150
001900         10  ENGINE-CC         PIC S9(4)     COMP SYNC.           POL00160
002000         10  PREMIUM-CLASS     PIC S99       SIGN LEADING         POL00170
002100                                              SEPARATE.           POL00180
002200     05  PAYMENT-COUNT         PIC S9(3)     COMP-3.              POL00190
002300     05  PAYMENT  OCCURS 0 TO 12 TIMES                            POL00200
002400                  DEPENDING ON PAYMENT-COUNT                      POL00210
002500                  INDEXED BY PAY-IX.                              POL00220
002600         10  PAID-ON           PIC 9(8).                          POL00230
002700         10  PAID              PIC S9(5)V99.                      POL00240
002800     05  REMARK                PIC X(12)  VALUE 'A LITERAL THAT GOPOL00250
002900-                                               'ES ON'.          POL00260
