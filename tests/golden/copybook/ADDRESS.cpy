              10  :TAG:-NAME        PIC X(10).
              10  :TAG:-ZIP         PIC 9(5).
